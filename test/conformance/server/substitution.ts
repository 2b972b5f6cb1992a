/**
 * The `.sub` files and the `sub` pipe (https://web-platform-tests.org/writing-tests/server-pipes.html#sub).
 */
import { createHash, randomUUID } from "node:crypto";
import type { Exchange } from "./exchange.ts";

export interface Hosts {
  /** The origin that tests come from. */
  host: string;
  /** Any other host: there is only the loopback. */
  other: string;
  ports: Record<"http" | "https", number[]>;
}

/** @param exchange none for scripts that the runner reads itself */
export function substitute(text: string, hosts: Hosts, url: URL, exchange?: Exchange): string {
  const variables = new Map<string, string>();
  return text.replace(/\{\{([^}]*)\}\}/g, (whole, expression: string) => {
    const [, variable, rest] = /^(?:\$(\w+):)?(.*)$/s.exec(expression.trim())!;
    const known = variables.get(rest!.replace(/^\$/, ""));
    const value = rest!.startsWith("$") && known !== undefined ? known : expand(rest!, hosts, url, exchange);
    if (value === undefined) return whole;
    if (variable !== undefined) variables.set(variable, value);
    return value;
  });
}

function expand(expression: string, hosts: Hosts, url: URL, exchange: Exchange | undefined): string | undefined {
  const [, name, subscripts = ""] = /^(\w+)(.*)$/s.exec(expression) ?? [];
  const keys = [...subscripts.matchAll(/\[([^\]]*)\]/g)].map(([, key]) => key!);
  switch (name) {
    case "host":
      return hosts.host;
    case "domains":
      return keys[0] === "" ? hosts.host : hosts.other;
    case "hosts":
      return keys[0] === "" && keys[1] === "" ? hosts.host : hosts.other;
    case "ports": {
      const ports = hosts.ports[keys[0] as "http" | "https"] ?? [];
      return String(ports[Number(keys[1])] ?? ports[0] ?? "");
    }
    case "GET":
      return new URLSearchParams(url.search).get(keys[0] ?? "") ?? "";
    case "headers":
      return exchange?.header(keys[0] ?? "") ?? keys[1] ?? "";
    case "header_or_default": {
      const [header, otherwise] = subscripts.replace(/^\(|\)$/g, "").split(/,\s*/);
      return exchange?.header(header ?? "") ?? otherwise;
    }
    case "location": {
      const part = keys[0] ?? "";
      const parts: Record<string, string> = {
        server: url.origin,
        scheme: url.protocol.slice(0, -1),
        host: url.host,
        hostname: url.hostname,
        port: url.port,
        path: url.pathname,
        pathname: url.pathname,
        query: url.search,
      };
      return parts[part] ?? url.href;
    }
    case "uuid":
      return randomUUID();
    case "url_base":
      return "/";
    case "fs_path":
      return url.pathname;
    case "method":
      return exchange?.method;
    case "file_hash":
      return createHash("md5").update(expression).digest("base64");
    default:
      return undefined;
  }
}
