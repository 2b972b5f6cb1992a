/**
 * An authority and a certificate for tests, made at start: X.509 v3 (RFC 5280) in DER, P-256. Two, as some TLS
 * libraries refuse an authority's own certificate as a server's.
 */
import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";

/** Hours before and after now; clocks differ. */
const valid_hours = 24;

export interface Certificate {
  /** PEM: of the server, signed by the authority. */
  cert: string;
  key: string;
  /** PEM: what clients are to trust. */
  authority: string;
}

/** @param names of hosts; IPv4 addresses are given as such */
export function makeCertificate(names: readonly string[]): Certificate {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const authorityName = nameOf("nano conformance tests: authority");
  const signed = (...fields: Buffer[]): string => sign(sequence(...fields), authority.privateKey);
  return {
    authority: signed(
      ...versionAndSerial(1),
      authorityName,
      validity(),
      authorityName,
      authority.publicKey.export({ type: "spki", format: "der" }),
      // basicConstraints: an authority. keyUsage: keyCertSign.
      extensions(["2.5.29.19", sequence(boolean(true))], ["2.5.29.15", bitString(Buffer.from([0b0000_0100]), 2)]),
    ),
    cert: signed(
      ...versionAndSerial(2),
      authorityName,
      validity(),
      nameOf("nano conformance tests"),
      server.publicKey.export({ type: "spki", format: "der" }),
      // subjectAltName; extKeyUsage: serverAuth.
      extensions(["2.5.29.17", sequence(...names.map(generalName))], ["2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1"))]),
    ),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function versionAndSerial(serial: number): Buffer[] {
  return [tagged(0, integer(Buffer.from([2]))), integer(Buffer.from([serial])), ecdsaWithSha256()];
}

function ecdsaWithSha256(): Buffer {
  return sequence(oid("1.2.840.10045.4.3.2"));
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8String(commonName))));
}

function validity(): Buffer {
  return sequence(time(-valid_hours), time(valid_hours));
}

function extensions(...list: [id: string, value: Buffer][]): Buffer {
  return tagged(3, sequence(...list.map(([id, value]) => sequence(oid(id), octetString(value)))));
}

/** The certificate as PEM. */
function sign(content: Buffer, key: KeyObject): string {
  const signature = createSign("sha256").update(content).sign(key);
  const base64 = sequence(content, ecdsaWithSha256(), bitString(signature)).toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function generalName(host: string): Buffer {
  const bytes = host.split(".").map(Number);
  if (bytes.length === 4 && bytes.every((byte) => byte >= 0 && byte <= 255)) return der(0x87, Buffer.from(bytes));
  return der(0x82, Buffer.from(host, "latin1"));
}

function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest >>>= 8) length.unshift(rest & 255);
  const head = content.length < 128 ? [tag, content.length] : [tag, 0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...items: Uint8Array[]): Buffer => der(0x30, ...items);
const set = (...items: Uint8Array[]): Buffer => der(0x31, ...items);
const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes);
const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 255 : 0]));
const octetString = (bytes: Uint8Array): Buffer => der(0x04, bytes);
const bitString = (bytes: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), bytes);
const utf8String = (text: string): Buffer => der(0x0c, Buffer.from(text, "utf8"));
const tagged = (number: number, item: Uint8Array): Buffer => der(0xa0 | number, item);

function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  const bytes = [first * 40 + second];
  for (let arc of rest) {
    const groups = [arc & 127];
    while ((arc >>>= 7) > 0) groups.unshift((arc & 127) | 128);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

/** UTCTime, hours from now. */
function time(hours: number): Buffer {
  const [date, clock] = new Date(Date.now() + hours * 3_600_000).toISOString().split("T") as [string, string];
  return der(0x17, Buffer.from(`${date.slice(2).replaceAll("-", "")}${clock.slice(0, 8).replaceAll(":", "")}Z`, "latin1"));
}
