/**
 * Fetches JSON and prints it: npx nano run examples/fetch-json.ts http://127.0.0.1:8080/data.json
 */
declare const CLI: { args: readonly string[]; exit(code?: number): never };

const [url] = CLI.args;
if (url === undefined) {
  console.error("usage: nano run examples/fetch-json.ts URL");
  CLI.exit(2);
}

const response = await fetch(url);
if (!response.ok) {
  console.error(`${url} answered ${response.status} ${response.statusText}`);
  CLI.exit(1);
}
console.log(JSON.stringify(await response.json(), null, 2));

export {};
