/**
 * What the setters of URL do, and what they ignore.
 *
 *     npx nano run examples/url-setters.ts
 */

type Member = "href" | "protocol" | "username" | "password" | "host" | "hostname" | "port" | "pathname" | "search" | "hash";

function set(href: string, member: Member, value: string): void {
  const url = new URL(href);
  try {
    url[member] = value;
    console.log(`${href}  ${member} = ${JSON.stringify(value)}  ${url.href === href ? "ignored" : url.href}`);
  } catch (error) {
    console.log(`${href}  ${member} = ${JSON.stringify(value)}  ${(error as Error).name}`);
  }
}

// A scheme changes into one of its kind only.
set("https://a.example/", "protocol", "ws");
set("https://a.example/", "protocol", "mailto");

// A port: its digits at the start, 0 to 65535; the scheme's own is not written.
set("https://a.example:8443/", "port", "443");
set("https://a.example/", "port", "80 and more");
set("https://a.example/", "port", "65536");
set("https://a.example/", "port", "eighty");

// A host with a port sets both; hostname refuses one. Domains become ASCII, numbers an address.
set("https://a.example:1/", "host", "b.example:2");
set("https://a.example:1/", "hostname", "b.example:2");
set("https://a.example/", "hostname", "straße.example");
set("https://a.example/", "hostname", "0x7f.1");
set("https://a.example/", "host", "");

// Credentials are percent-encoded; a file has none.
set("https://a.example/", "password", "p@ss:word");
set("file:///etc/hosts", "username", "me");

// The rest of a URL. "?" and "#" in a path are part of it.
set("https://a.example/x", "pathname", "a/../b c?d");
set("mailto:me@a.example", "pathname", "you@a.example");
set("https://a.example/?q", "search", "");
set("https://a.example/", "hash", "#é");

// href is the one that throws.
set("https://a.example/", "href", "b.example");

// searchParams and search are one list.
const url = new URL("https://a.example/?b=2&a=1&b=3");
url.searchParams.sort();
url.searchParams.delete("b", "2");
console.log(url.search);
url.search = "";
console.log(url.searchParams.size);
