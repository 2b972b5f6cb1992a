/**
 * Encrypts a text with a password: PBKDF2 makes the key, AES-GCM encrypts and authenticates.
 *
 *     npx nano run examples/aes-gcm.ts
 */
const { subtle } = crypto;
type Key = Awaited<ReturnType<typeof subtle.deriveKey>>;

async function keyOf(password: string, salt: Uint8Array): Promise<Key> {
  const material = await subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveKey"]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations: 600_000 };
  return subtle.deriveKey(derivation, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Salt, nonce, then the ciphertext with its tag. */
async function seal(password: string, text: string): Promise<Uint8Array> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(password, salt), new TextEncoder().encode(text));
  const message = new Uint8Array(28 + sealed.byteLength);
  message.set(salt);
  message.set(iv, 16);
  message.set(new Uint8Array(sealed), 28);
  return message;
}

async function open(password: string, message: Uint8Array): Promise<string> {
  const key = await keyOf(password, message.slice(0, 16));
  const text = await subtle.decrypt({ name: "AES-GCM", iv: message.slice(16, 28) }, key, message.slice(28));
  return new TextDecoder().decode(text);
}

const message = await seal("correct horse", "The treasure is under the oak.");
console.log(`${message.length} bytes:`, await open("correct horse", message));

message[40]! ^= 1;
try {
  await open("correct horse", message);
} catch (error) {
  console.log("one bit changed:", (error as Error).name);
}
