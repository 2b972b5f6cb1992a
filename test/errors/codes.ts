/** Every code that nano's errors can have, read from the sources. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

function sources(folder: string): string[] {
  return (readdirSync(join(root, folder), { recursive: true }) as string[])
    .filter((name) => /\.(ts|zig|cc|h)$/.test(name) && !/_test\.zig$|test_\w+\.zig$|\.gen\.(ts|h)$/.test(name))
    .map((name) => readFileSync(join(root, folder, name), "utf8"));
}

/** Of string literals, and of enums whose tags are the codes. */
export function codesInSources(): Set<string> {
  const codes = new Set<string>();
  for (const text of ["src-ts", "native/zig", "native/v8-bridge"].flatMap(sources)) {
    for (const [, code] of text.matchAll(/"(ERR_[A-Z][A-Z0-9_]*[A-Z0-9])"/g)) codes.add(code!);
  }
  const system = /pub const Code = enum \{([^}]*?)pub fn/.exec(readFileSync(join(root, "native/zig/net/code.zig"), "utf8"))![1]!;
  for (const [code] of system.matchAll(/\b[A-Z][A-Z_]+\b/g)) codes.add(code);
  // The core's own limit, of several parts of it.
  codes.add("ENOMEM");
  const tls = readFileSync(join(root, "native/zig/tls/Failure.zig"), "utf8");
  for (const [, code] of tls.matchAll(/\.\{ \d+, "([A-Z0-9_]+)"/g)) codes.add(code!);
  return codes;
}

export function codesInPage(): Set<string> {
  const page = readFileSync(join(root, "docs/errors.md"), "utf8");
  return new Set([...page.matchAll(/`([A-Z][A-Z0-9]*_?[A-Z0-9_]{2,})`/g)].map(([, code]) => code!));
}
