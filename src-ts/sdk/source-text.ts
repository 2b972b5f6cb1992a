/**
 * The text of a module's file: read, checked and decoded.
 */
import { isUtf8 } from "node:buffer";
import { closeSync, promises as fs, fstatSync, openSync, readFileSync } from "node:fs";
import { ModuleRefusal } from "./module-error.ts";

/** V8's longest string is 2^29 - 24 units. */
export const module_bytes_max = 256 * 1024 * 1024;

/** @param what the module as `described` names it */
export function readTextSync(path: string, what: string): string {
  try {
    const descriptor = openSync(path, "r");
    try {
      checkSize(fstatSync(descriptor), what);
      return decode(readFileSync(descriptor), what);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw refusalOf(error, what);
  }
}

export async function readText(path: string, what: string): Promise<string> {
  try {
    const file = await fs.open(path);
    try {
      checkSize(await file.stat(), what);
      return decode(await file.readFile(), what);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw refusalOf(error, what);
  }
}

/** UTF-8 without a byte order mark. */
export function decode(bytes: Uint8Array, what: string): string {
  if (!isUtf8(bytes)) throw new ModuleRefusal("ERR_MODULE_INVALID", `${what} is not UTF-8: ${notUtf8(bytes)}; save it as UTF-8`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function notUtf8(bytes: Uint8Array): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return "it begins like UTF-16";
  // The longest good beginning, by halves: a prefix is good when only its last character may be cut off.
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (isGoodPrefix(bytes, middle)) good = middle;
    else bad = middle;
  }
  // Back to where the character begins that is cut off.
  while (!isUtf8(bytes.subarray(0, good))) good -= 1;
  let line = 1;
  for (let index = 0; index < good; index++) if (bytes[index] === 10) line += 1;
  return `byte 0x${bytes[good]!.toString(16).padStart(2, "0")} at offset ${good} (line ${line}) does not belong there`;
}

function isGoodPrefix(bytes: Uint8Array, length: number): boolean {
  for (let cut = 0; cut < 4; cut++) {
    if (length - cut < 0) return false;
    if (!isUtf8(bytes.subarray(0, length - cut))) continue;
    return cut === 0 || isCutCharacter(bytes.subarray(length - cut, length));
  }
  return false;
}

/** A first byte that announces more bytes than there are, and continuation bytes. */
function isCutCharacter(bytes: Uint8Array): boolean {
  const first = bytes[0]!;
  const announced = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  return first <= 0xf4 && announced > bytes.length && bytes.subarray(1).every((byte) => (byte & 0xc0) === 0x80);
}

function checkSize(stat: { size: number; isDirectory(): boolean }, what: string): void {
  if (stat.isDirectory()) throw new ModuleRefusal("ERR_MODULE_INVALID", `${what} is a folder; name a file in it`);
  if (stat.size <= module_bytes_max) return;
  const given = (stat.size / 1024 / 1024).toFixed(1);
  throw new ModuleRefusal("ERR_MODULE_INVALID", `${what} is ${given} MiB; at most ${module_bytes_max / 1024 / 1024} MiB are allowed`);
}

function refusalOf(error: unknown, what: string): ModuleRefusal {
  if (error instanceof ModuleRefusal) return error;
  const { code = "unknown error" } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") {
    return new ModuleRefusal("ERR_MODULE_NOT_FOUND", `Cannot find module ${what}`);
  }
  const why = { EACCES: "permission denied", EISDIR: "it is a folder", ELOOP: "its symbolic links go in circles" }[code] ?? code;
  return new ModuleRefusal("ERR_MODULE_INVALID", `Cannot read module ${what}: ${why}`);
}
