/**
 * Whom TLS trusts by default: Node's own root certificates and what the environment adds. Read when the first
 * https: request of the process needs them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
// A program may have taken the global away.
import process from "node:process";

interface NodeTls {
  rootCertificates: readonly string[];
  /** From Node 22.15 on. */
  getCACertificates?(type: "default"): string[];
}

/**
 * PEM: the roots that Node's own TLS uses (with NODE_EXTRA_CA_CERTS, --use-system-ca and
 * tls.setDefaultCACertificates, as far as this Node has them), and the certificates of SSL_CERT_FILE and
 * SSL_CERT_DIR (folders separated by ":"). What cannot be read is left out, with a warning. Does not throw.
 */
export function rootCertificates(): string {
  const { SSL_CERT_FILE, SSL_CERT_DIR, NODE_EXTRA_CA_CERTS } = process.env;
  const texts: string[] = [];
  attempt("Node's root certificates", () => {
    const tls = process.getBuiltinModule("node:tls") as NodeTls;
    if (tls.getCACertificates !== undefined) {
      texts.push(...tls.getCACertificates("default"));
      return;
    }
    texts.push(...tls.rootCertificates);
    if (NODE_EXTRA_CA_CERTS) attempt("NODE_EXTRA_CA_CERTS", () => texts.push(readFileSync(NODE_EXTRA_CA_CERTS, "utf8")));
  });
  if (SSL_CERT_FILE) attempt("SSL_CERT_FILE", () => texts.push(readFileSync(SSL_CERT_FILE, "utf8")));
  for (const folder of SSL_CERT_DIR?.split(":") ?? []) {
    if (folder !== "") attempt("SSL_CERT_DIR", () => texts.push(...certificatesIn(folder)));
  }
  return texts.join("\n");
}

function certificatesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:pem|crt|cer)$/.test(entry.name))
    .map((entry) => readFileSync(join(folder, entry.name), "latin1"));
}

function attempt(what: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    process.emitWarning(`${what} cannot be read, so https: trusts less than it should: ${(error as Error).message}`);
  }
}
