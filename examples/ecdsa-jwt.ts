/**
 * Signs and verifies a JSON Web Token with ES256 (ECDSA on P-256 with SHA-256).
 *
 *     npx nano run examples/ecdsa-jwt.ts
 */
const { subtle } = crypto;
type Key = Awaited<ReturnType<typeof subtle.importKey>>;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

function encode(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function sign(claims: object, key: Key): Promise<string> {
  const header = { alg: "ES256", typ: "JWT" };
  const content = `${encode(bytes(JSON.stringify(header)))}.${encode(bytes(JSON.stringify(claims)))}`;
  const signature = await subtle.sign(algorithm, key, bytes(content));
  return `${content}.${encode(new Uint8Array(signature))}`;
}

async function verify(token: string, key: Key): Promise<unknown> {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const isRight = await subtle.verify(algorithm, key, decode(signature), bytes(`${header}.${claims}`));
  if (!isRight) throw new Error("the token's signature is wrong");
  return JSON.parse(new TextDecoder().decode(decode(claims)));
}

const { privateKey, publicKey } = (await subtle.generateKey(algorithm, true, ["sign", "verify"])) as { privateKey: Key; publicKey: Key };
const token = await sign({ sub: "ada", admin: true }, privateKey);
console.log("parts:", token.split(".").length);

// The other side has the public key only, as a JWK.
const published = await subtle.exportKey("jwk", publicKey);
const theirs = await subtle.importKey("jwk", published, algorithm, false, ["verify"]);
console.log("claims:", await verify(token, theirs));

const forged = token.replace(/\.[^.]+\./, `.${encode(bytes('{"sub":"eve","admin":true}'))}.`);
console.log("forged:", await verify(forged, theirs).catch((error: Error) => error.message));
