/**
 * All that a script sees of a URL while it is set. Any Node that strips types runs this as it is.
 */

export type Member = "href" | "protocol" | "username" | "password" | "host" | "hostname" | "port" | "pathname" | "search" | "hash";

export interface UrlCase {
  input: string;
  base?: string;
  /** What is set, one after the other. */
  sets: [member: Member, value: string][];
  /** What is done to searchParams afterwards. */
  params: [method: "append" | "set" | "delete" | "sort", name: string, value: string][];
}

interface Implementation {
  URL: typeof URL;
}

/** The members at first and after each step; null when there is no URL, a string for what was thrown. */
export type Observation = (Record<string, string> | string | null)[];

export function observe({ URL }: Implementation, { input, base, sets, params }: UrlCase): Observation {
  let url: URL;
  try {
    url = new URL(input, base);
  } catch {
    return [null];
  }
  const seen: Observation = [members(url)];
  for (const [member, value] of sets) {
    try {
      url[member] = value;
    } catch (error) {
      seen.push((error as Error).name);
      continue;
    }
    seen.push(members(url));
  }
  for (const [method, name, value] of params) {
    if (method === "sort") url.searchParams.sort();
    else url.searchParams[method](name, value);
    seen.push({ href: url.href, params: JSON.stringify([...url.searchParams]), text: `${url.searchParams}` });
  }
  return seen;
}

function members(url: URL): Record<string, string> {
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
  return { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash };
}
