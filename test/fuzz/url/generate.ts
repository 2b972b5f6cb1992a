/**
 * Random URLs, bases and values for setters: pieces that mean something to a parser, mutations of whole URLs, and any
 * character.
 */
import type { Random } from "../random.ts";
import type { Member, UrlCase } from "./observe.ts";

const pieces = [
  ...["http:", "https:", "file:", "ws:", "wss:", "ftp:", "foo:", "blob:", "data:", "javascript:", "HTTP:", "h\tttp:", "non-special+1.x:"],
  ...[
    "/",
    "//",
    "///",
    "\\",
    "\\\\",
    "?",
    "??",
    "#",
    "##",
    "@",
    "@@",
    ":",
    "::",
    ".",
    "..",
    "...",
    "/.",
    "/..",
    "/./",
    "/../",
    "%2e",
    "%2E%2e",
  ],
  ...[
    "a",
    "Bc",
    "ex.com",
    "example.com",
    "EXAMPLE.Org.",
    "localhost",
    "a..b",
    ".a",
    "-a-",
    "a_b",
    "a%41b",
    "%00",
    "%zz",
    "%",
    "%C3%A9",
    "%ff",
  ],
  ...[
    "1",
    "0",
    "0x1",
    "0X",
    "08",
    "256",
    "1.2",
    "1.2.3.4",
    "1.2.3.4.5",
    "4294967295",
    "4294967296",
    "0x7f.1",
    "1.",
    "1..",
    "a.1",
    "a.0x",
    "٣",
  ],
  ...[
    "[::1]",
    "[1::8]",
    "[::ffff:1.2.3.4]",
    "[",
    "]",
    "[]",
    "[::1",
    "[::1%25eth0]",
    "[1:2:3:4:5:6:7:8]",
    "[0:0:0::0]",
    "[g::]",
    "[::1.2.3]",
  ],
  ...["C:", "C|", "/c|/", "c:/", "C:\\", ":80", ":443", ":21", ":0", ":65535", ":65536", ":99999", ":080", ":", ":8a", ": 80"],
  ...["u:p@", "u@", ":p@", "@", "u:p:q@", "u%40:p@", "é:ß@"],
  ...[
    " ",
    "\t",
    "\n",
    "\r",
    "\0",
    "\x1f",
    "\x7f",
    "\x80",
    "\u00a0",
    "\u2028",
    "\ufeff",
    "\ufffd",
    "\ufdd0",
    "\ud800",
    "\udc00",
    "\u{10ffff}",
  ],
  ...[
    "é",
    "ß",
    "ς",
    "İ",
    "K",
    "Å",
    "ａ",
    "Ｇｏ",
    "。",
    "．",
    "㏂",
    "½",
    "\u00ad",
    "\u200c",
    "\u200d",
    "\u2060",
    "\u0338",
    "e\u0301",
    "日本",
    "💩",
  ],
  ...["א", "ب", "ي", "1א", "א1", "क्\u200dष", "بي\u200cبي", "\u0640", "\u06f0", "١", "ǆ", "ﬁ", "Ⅷ", "①", "⒈", "℀", "％", "＃", "／"],
  ...[
    "xn--",
    "xn--a",
    "xn--9ca",
    "xn--bcher-kva",
    "XN--9CA",
    "xn--8i7caa",
    "xn--1ug",
    "xn--fa-hia",
    "axn--9ca",
    "xn--xn---epa",
    "xn--a-ecp",
  ],
  ...["|", "^", "`", "{", "}", "<", ">", '"', "'", "&", "=", "+", ",", ";", "$", "!", "*", "(", ")", "~", "-", "_"],
];

const whole = [
  "https://user:secret@sub.example.org:8443/a/b/../c/./d.html?query=1&other=two#fragment",
  "http://example.com",
  "file:///C:/Users/x/../y.txt",
  "file://host/share/x",
  "file:a/b",
  "data:text/plain;base64,QQ==  ?x#y",
  "mailto:me@example.com",
  "blob:https://example.com/f81d4fae",
  "urn:isbn:0451450523",
  "foo://[::1]:80/a?b#c",
  "web+x:/..//p",
  "ws://1.2.3.4:80/chat",
  "http://müller.example/straße?größe=1",
  "non-special:opaque  #x",
  "//h/p",
  "?q",
  "#f",
  "../x",
  "/a//b",
  "",
];

const members: Member[] = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

export function randomCase(random: Random): UrlCase {
  const each: UrlCase = {
    input: randomText(random),
    sets: random.several(4, () => [random.pick(members), random.chance(0.1) ? randomText(random) : randomValue(random)]),
    params: random.chance(0.2)
      ? random.several(4, () => [random.pick(["append", "set", "delete", "sort"]), randomValue(random), randomValue(random)])
      : [],
  };
  if (random.chance(0.4)) each.base = random.chance(0.6) ? random.pick(whole) : randomText(random);
  return each;
}

/** Of a whole URL. */
function randomText(random: Random): string {
  if (random.chance(0.3)) return mutate(random, random.pick(whole));
  const start = random.chance(0.7)
    ? random.pick(["http://", "https://", "file:", "file:///", "foo:", "foo://", "foo:/", "//", "data:"])
    : "";
  return start + randomValue(random);
}

function randomValue(random: Random): string {
  const text = random.several(7, () => (random.chance(0.05) ? randomCharacter(random) : random.pick(pieces))).join("");
  return random.chance(0.1) ? mutate(random, text) : text;
}

function mutate(random: Random, text: string): string {
  let result = text;
  for (let count = random.below(4); count >= 0; count--) {
    const at = random.below(result.length + 1);
    const to = at + random.below(4);
    const insert = random.chance(0.5) ? random.pick(pieces) : random.chance(0.5) ? randomCharacter(random) : "";
    result = result.slice(0, at) + insert + result.slice(random.chance(0.5) ? at : to);
  }
  return result;
}

function randomCharacter(random: Random): string {
  const bound = random.pick([0x80, 0x100, 0x800, 0x3100, 0x10000, 0x110000]);
  return String.fromCodePoint(random.below(bound));
}
