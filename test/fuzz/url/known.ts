/**
 * Where nano and the peer are known to differ, each with what the standard says. What is not here is a finding.
 */
import { isDeepStrictEqual } from "node:util";
import type { Observation, UrlCase } from "./observe.ts";

/** The first step in which both differ. */
interface Difference {
  each: UrlCase;
  /** What nano showed before the step. */
  before: Observation[number] | undefined;
  ours: Observation[number];
  theirs: Observation[number];
  /** Whether the step is one of searchParams. */
  isOfParams: boolean;
}

interface Known {
  explanation: string;
  applies(difference: Difference): boolean;
}

const known: Known[] = [
  {
    explanation:
      "an xn-- label that decodes to nothing valid is refused, as web-platform-tests and the URL standard before 2026-06-25 say; Node 26 has the newer text",
    applies: (difference) => {
      if (!textsOf(difference.each).some(mayHaveAceLabel)) return false;
      return wasRefused(difference);
    },
  },
  {
    explanation:
      "the Bidi rule (RFC 5893, by CheckBidi of UTS 46): nano refuses what breaks it, as IdnaTestV2 says; Node 26 does not look at every label",
    applies: (difference) =>
      wasRefused(difference) && hostsOf(difference).some((labels) => labels.some(isRightToLeft) && !labels.every(isSurelyValidBidi)),
  },
  {
    explanation: "a joiner where none may be (RFC 5892, appendix A, by CheckJoiners of UTS 46): nano refuses it; Node 26 lets some through",
    applies: (difference) => wasRefused(difference) && hostsOf(difference).flat().some(hasDoubtfulJoiner),
  },
  {
    explanation:
      "a code point that Unicode 17 assigned: refused (UTS 46, validity criterion 7), as nano's tables are of Unicode 16, the suite's; Node 26's are newer",
    applies: (difference) => wasRefused(difference) && textsOf(difference.each).some((text) => assignedSince16.test(percentDecoded(text))),
  },
  {
    explanation:
      "a label that begins with a combining mark, such as U+1AC2 of Unicode 14: refused (UTS 46, validity criterion 6); Node 26's table of marks is older than its table of mappings",
    applies: (difference) =>
      wasRefused(difference) &&
      hostsOf(difference)
        .flat()
        .some((label) => beginsWithMark.test(label)),
  },
  {
    explanation:
      "characters from right to left that Unicode 14 and later assigned, such as U+061D and U+0885: valid; Node 26's table of directions does not have them and refuses the label",
    applies: ({ each, before, theirs }) =>
      textsOf(each).some((text) => rightToLeftSince14.test(percentDecoded(text))) &&
      (theirs === null || typeof theirs === "string" || isDeepStrictEqual(theirs, before)),
  },
  {
    explanation:
      'a path such as "/c|" of a URL that became a file: URL by the protocol setter: no setter looks at it again; in Node 26 the next one makes "/c:" of it',
    applies: ({ each, before, ours, theirs }) =>
      each.sets.some(([member]) => member === "protocol") &&
      [before, ours, theirs].every((seen) => typeof seen === "object" && seen?.protocol === "file:") &&
      isDeepStrictEqual(theirs, withDriveLetter(ours as Record<string, string>)),
  },
  {
    explanation: "a label that is not in Normalization Form C, such as U+00FC U+0330: UTS 46 normalises it; Node 26 keeps some as they are",
    applies: (difference) =>
      hostsOf(difference)
        .flat()
        .some((label) => label !== label.normalize("NFC")),
  },
  {
    explanation:
      "tabs and newlines that the search setter gets are names and values of searchParams (standard: the list is parsed from the value given); Node's are those of the query",
    applies: ({ each, isOfParams }) => isOfParams && each.sets.some(([member, value]) => member === "search" && /[\t\n\r]/.test(value)),
  },
];

/** What Unicode 17 assigns and Unicode 16 does not (General_Category). */
const assignedSince16 =
  /[\u1acf-\u1add\u1ae0-\u1aeb]|[\u088f\u0c5c\u0cdc\u20c1\u2b96\ua7ce-\ua7cf\ua7d2\ua7d4\ua7f1\ufbc3-\ufbd2\ufd90-\ufd91\ufdc8-\ufdce\u{10940}-\u{10959}\u{10ec5}-\u{10ec7}\u{10ed0}-\u{10ed8}\u{10efa}-\u{10efb}\u{11b60}-\u{11b67}\u{11db0}-\u{11ddb}\u{11de0}-\u{11de9}\u{16ea0}-\u{16eb8}\u{16ebb}-\u{16ed3}\u{16ff2}-\u{16ff6}\u{187f8}-\u{187ff}\u{18d09}-\u{18d1e}\u{18d80}-\u{18df2}\u{1ccfa}-\u{1ccfc}\u{1ceba}-\u{1ced0}\u{1cee0}-\u{1cef0}\u{1e6c0}-\u{1e6de}\u{1e6e0}-\u{1e6f5}\u{1e6fe}-\u{1e6ff}\u{1f6d8}\u{1f777}-\u{1f77a}\u{1f8d0}-\u{1f8d8}\u{1fa54}-\u{1fa57}\u{1fa8a}\u{1fa8e}\u{1fac8}\u{1facd}\u{1faea}\u{1faef}\u{1fbfa}\u{2b73a}-\u{2b73f}\u{2cea2}-\u{2cead}\u{323b0}-\u{33479}]/u;
/** Arabic Extended-B and -C, Garay, Old Uyghur. */
const rightToLeftSince14 = /[\u061d\u0870-\u089f\u{10d40}-\u{10d8f}\u{10ec0}-\u{10eff}\u{10f70}-\u{10faf}]/u;
/** U+0897 is of Unicode 16, which not every Node's own tables are. */
const beginsWithMark = /^[\p{M}\u0897]/u;
const isRightToLeft = (label: string): boolean =>
  /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(label);
/** Only Hebrew letters, or a Latin one and no more than digits after it: no rule of Bidi is broken. */
const isSurelyValidBidi = (label: string): boolean => /^([\u05d0-\u05ea]*|[a-z][a-z0-9]*)$/u.test(label);
/** A joiner is valid after a virama; else it depends on what is around it. */
const hasDoubtfulJoiner = (label: string): boolean => /(?<![\u094d])[\u200c\u200d]/u.test(label);

function withDriveLetter(url: Record<string, string>): Record<string, string> {
  const fix = (text: string): string => text.replace(/\/([a-z])\|/i, "/$1:");
  return { ...url, href: fix(url.href!), pathname: fix(url.pathname!) };
}

/**
 * Whether nano refused what the peer took: no URL at all, a setter that throws, one that does nothing, or the opaque origin
 * of what a blob: URL stands for.
 */
function wasRefused({ before, ours, theirs }: Difference): boolean {
  if (ours === null || typeof ours === "string" || isDeepStrictEqual(ours, before)) return true;
  return theirs !== null && typeof theirs !== "string" && isDeepStrictEqual({ ...theirs, origin: "null" }, ours);
}

/** The labels, in Unicode, of each host that may have been refused. */
function hostsOf({ each, theirs }: Difference): string[][] {
  const members = theirs === null || typeof theirs === "string" ? {} : theirs;
  const hosts = [members.hostname ?? "", hostnameOf(members.pathname ?? ""), hostnameOf(each.base ?? "")];
  return hosts.map((host) => host.split(".").map((label) => (label.startsWith("xn--") ? decodePunycode(label.slice(4)) : label)));
}

/** RFC 3492, section 6.2. Not nano's, and not the Node's, which know only some code points. */
function decodePunycode(text: string): string {
  const codePoints = Array.from(text.slice(0, Math.max(text.lastIndexOf("-"), 0)), (character) => character.codePointAt(0)!);
  let index = text.lastIndexOf("-") + 1;
  for (let code = 128, position = 0, bias = 72; index < text.length; position++) {
    const before = position;
    for (let weight = 1, k = 36; index < text.length; k += 36) {
      const digit = Number.parseInt(text[index++]!, 36);
      // Letters are 0 to 25, digits 26 to 35.
      const value = digit < 10 ? digit + 26 : digit - 10;
      const threshold = Math.min(Math.max(k - bias, 1), 26);
      position += value * weight;
      if (value < threshold) break;
      weight *= 36 - threshold;
    }
    const count = codePoints.length + 1;
    let delta = Math.floor((position - before) / (before === 0 ? 700 : 2));
    delta += Math.floor(delta / count);
    let k = 0;
    for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
    bias = k + Math.floor((36 * delta) / (delta + 38));
    code += Math.floor(position / count);
    position %= count;
    if (!(code <= 0x10ffff)) return text;
    codePoints.splice(position, 0, code);
  }
  return String.fromCodePoint(...codePoints);
}

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : "";
}

function textsOf(each: UrlCase): string[] {
  return [each.input, each.base ?? "", ...each.sets.map(([, value]) => value)];
}

function percentDecoded(text: string): string {
  return text.replace(/(%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString());
}

/** By mapping, or by percent-decoding, other text may become "xn--" too. */
function mayHaveAceLabel(text: string): boolean {
  return percentDecoded(text)
    .replace(/[\t\n\r\p{Default_Ignorable_Code_Point}]/gu, "")
    .normalize("NFKC")
    .toLowerCase()
    .includes("xn--");
}

/** Why two observations of a case may differ; undefined when they may not. The first difference decides. */
export function knownDifference(each: UrlCase, ours: Observation, theirs: Observation): string | undefined {
  const step = ours.findIndex((seen, index) => !isDeepStrictEqual(seen, theirs[index]));
  const difference: Difference = {
    each,
    before: ours.filter((seen, index) => index < step && typeof seen !== "string").at(-1),
    ours: ours[step]!,
    theirs: theirs[step]!,
    isOfParams: step > each.sets.length,
  };
  return known.find(({ applies }) => applies(difference))?.explanation;
}
