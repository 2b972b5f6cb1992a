/**
 * The member `tls` of RequestInit, and of its member `proxy`: an addition of nano's to the standard, for https: URLs. There
 * is no way to switch verification off: trust a certificate of your own by `ca`.
 */
import * as webidl from "../../internal/webidl.ts";

/** PEM, as text or as bytes. */
export type Pem = string | ArrayBuffer | ArrayBufferView;

export interface TlsInit {
  /** The certificates that are trusted, and only these: of authorities, or of the server itself when it is self-signed. */
  ca?: Pem | Pem[];
  /** The client's own certificate, and those between it and its root. */
  cert?: Pem;
  /** The private key of `cert`, not encrypted. */
  key?: Pem;
}

type Converter<T> = (value: unknown, context: string) => T;

const pem: Converter<string> = (value, context) => {
  const text = webidl.isBufferSource(value) ? latin1(webidl.bytesOf(value)) : webidl.DOMString(value, context);
  if (!text.includes("-----BEGIN ")) throw new TypeError(`${context} must be PEM ("-----BEGIN …"), got ${webidl.describe(value)}`);
  if (text.includes("\0")) throw new TypeError(`${context} must be PEM, which holds no U+0000`);
  return text;
};

const sequenceOfPem = webidl.sequenceOr(pem, pem);
const pems: Converter<string> = (value, context) => {
  if (webidl.isBufferSource(value)) return pem(value, context);
  const list = sequenceOfPem(value, context);
  return typeof list === "string" ? list : list.join("\n");
};

/** Joined PEM. */
export interface TlsTexts {
  ca?: string;
  cert?: string;
  key?: string;
}

const tlsInit = webidl.dictionary<TlsTexts>([
  { key: "ca", converter: pems },
  { key: "cert", converter: pem },
  { key: "key", converter: pem },
]);

export const tlsTexts: Converter<TlsTexts> = (value, context) => {
  const texts = tlsInit(value, context);
  if ((texts.cert === undefined) !== (texts.key === undefined)) {
    throw new TypeError(`${context}: the members cert and key need each other`);
  }
  return texts;
};

/** What http_fetch takes: "ca\0cert\0key", "" for the defaults. */
export const tlsOptions: Converter<string> = (value, context) => {
  const { ca = "", cert = "", key = "" } = tlsTexts(value, context);
  return ca === "" && cert === "" ? "" : `${ca}\0${cert}\0${key}`;
};

/** For another origin, to which the client does not show who it is. */
export function withoutCertificate(options: string): string {
  const ca = options.slice(0, options.indexOf("\0") + 1);
  return ca.length <= 1 ? "" : `${ca}\0`;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index++) text += String.fromCharCode(bytes[index]!);
  return text;
}
