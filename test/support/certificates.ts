/**
 * Certificates for test servers, made when a test asks for them: X.509 (RFC 5280) in DER, ECDSA on P-256.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

export interface Issued {
  /** PEM. */
  cert: string;
  /** PEM. */
  key: string;
  subject: string;
  privateKey: KeyObject;
}

export interface CertificateOptions {
  subject: string;
  /** Host names and addresses. */
  names?: string[];
  /** Self-signed without. */
  issuer?: Issued;
  isAuthority?: boolean;
  /** Milliseconds since 1970; an hour ago by default. */
  from?: number;
  /** A day from now by default. */
  to?: number;
}

const hour = 3_600_000;

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  let head: number[];
  if (length < 0x80) head = [tag, length];
  else if (length < 0x100) head = [tag, 0x81, length];
  else head = [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const bytes = (...values: number[]): Buffer => Buffer.from(values);
const octets = (content: Uint8Array): Buffer => der(0x04, content);

const oids = {
  commonName: bytes(0x55, 0x04, 0x03),
  subjectAltName: bytes(0x55, 0x1d, 0x11),
  basicConstraints: bytes(0x55, 0x1d, 0x13),
  ecdsaWithSha256: bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02),
};

function name(text: string): Buffer {
  return sequence(der(0x31, sequence(der(0x06, oids.commonName), der(0x0c, Buffer.from(text)))));
}

/** GeneralizedTime; UTCTime is for years before 2050, and OpenSSL takes either. */
function time(ms: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "")}`));
}

function address(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split(".").map(Number));
  // Only ::1 and the like, which is all that loopback needs.
  return Buffer.concat([Buffer.alloc(15), bytes(Number.parseInt(text.replaceAll(":", ""), 16))]);
}

function extension(oid: Buffer, isCritical: boolean, value: Buffer): Buffer {
  return sequence(der(0x06, oid), ...(isCritical ? [der(0x01, bytes(0xff))] : []), octets(value));
}

function pem(content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

export function certificate(options: CertificateOptions): Issued {
  const { subject, names = [], issuer, isAuthority = false, from = Date.now() - hour, to = Date.now() + 24 * hour } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(der(0x06, oids.ecdsaWithSha256));
  const extensions = [extension(oids.basicConstraints, true, isAuthority ? sequence(der(0x01, bytes(0xff))) : sequence())];
  if (names.length > 0) {
    const alternatives = names.map((each) => (isIP(each) === 0 ? der(0x82, Buffer.from(each)) : der(0x87, address(each))));
    extensions.push(extension(oids.subjectAltName, false, sequence(...alternatives)));
  }
  const toBeSigned = sequence(
    der(0xa0, der(0x02, bytes(2))),
    der(0x02, Buffer.concat([bytes(1), randomBytes(8)])),
    algorithm,
    name(issuer?.subject ?? subject),
    sequence(time(from), time(to)),
    name(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", toBeSigned, issuer?.privateKey ?? privateKey);
  return {
    cert: pem(sequence(toBeSigned, algorithm, der(0x03, bytes(0), signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    subject,
    privateKey,
  };
}
