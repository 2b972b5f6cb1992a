/**
 * Three ways to stop waiting: npx nano run examples/timeout-abort.ts http://127.0.0.1:8080/slow
 */
declare const CLI: { args: readonly string[]; exit(code?: number): never };

const [url] = CLI.args;
if (url === undefined) {
  console.error("usage: nano run examples/timeout-abort.ts URL");
  CLI.exit(2);
}

/** How the whole of a fetch ended. */
async function outcome(init: RequestInit): Promise<string> {
  try {
    const response = await fetch(url!, init);
    return `${response.status}, ${(await response.text()).length} characters`;
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code: string; phase: string } };
    return cause === undefined ? `${name}: ${message}` : `${message}: ${cause.code} (${cause.phase})`;
  }
}

// A signal that fires by itself: over all of the fetch, whatever it is at.
console.log(await outcome({ signal: AbortSignal.timeout(100) }));

// A controller: when something else has happened. The reason is yours.
const controller = new AbortController();
setTimeout(() => controller.abort(new Error("nobody waits any more")), 100);
console.log(await outcome({ signal: controller.signal }));

// By phase: a server may take long to answer, but not stop in the middle of a body.
console.log(await outcome({ timeouts: { connect: 1_000, headers: 10_000, body: 100 } } as RequestInit));

export {};
