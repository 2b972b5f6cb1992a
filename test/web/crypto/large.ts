/**
 * A process: a digest of so many MiB, and an AES-GCM round trip of a quarter of it, against node:crypto. Prints "ok".
 *
 *     node --import tsx --conditions=nano-source test/web/crypto/large.ts 1024
 */
import { createDecipheriv, createHash } from "node:crypto";
import { crypto } from "../../../src-ts/index.ts";

const { subtle } = crypto;
const bytes = Number(process.argv[2] ?? "1024") * 1024 * 1024;

const data = new Uint8Array(bytes);
for (let index = 0; index < bytes; index += 4096) data[index] = index >> 12;
const hash = Buffer.from(await subtle.digest("SHA-256", data));
if (!hash.equals(createHash("sha256").update(data).digest())) throw new Error("the digest is another one");

const part = data.subarray(0, bytes / 4);
const secret = new Uint8Array(16).fill(7);
const key = await subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"]);
const iv = new Uint8Array(12);
const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, key, part);
const opened = await subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
if (!Buffer.from(opened).equals(part)) throw new Error("what came back is not what was encrypted");
const decipher = createDecipheriv("aes-128-gcm", secret, iv).setAuthTag(new Uint8Array(sealed.slice(-16)));
const theirs = decipher.update(new Uint8Array(sealed, 0, part.length));
decipher.final();
if (!theirs.equals(part)) throw new Error("node:crypto decrypts it to something else");
console.log("ok");
