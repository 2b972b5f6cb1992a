/**
 * An order of the patterns of one component (https://github.com/whatwg/urlpattern/issues/61, a proposal that
 * web-platform-tests have as tentative): the more a pattern asks for, the greater it is.
 */
import type { Component } from "./component.ts";
import { type Modifier, type Part, PartType } from "./parts.ts";

const { sign } = Math;

/** What a list that has ended is compared by: "/foo/" is greater than "/foo/*". */
const emptyText: Part = { type: PartType.FixedText, value: "", modifier: "", name: "", prefix: "", suffix: "" };

/** Group must be there, exactly once; at least once; at most once; anything. */
const modifiers: Readonly<Record<Modifier, number>> = { "": 3, "+": 2, "?": 1, "*": 0 };

/** The first part in which both differ decides; -1 when `left` is the smaller one, 1 when it is the greater one, else 0. */
export function compareComponents({ parts: left }: Component, { parts: right }: Component): number {
  for (let index = 0; index < left.length || index < right.length; index++) {
    const order = compareParts(left[index] ?? emptyText, right[index] ?? emptyText);
    if (order !== 0 || index >= left.length || index >= right.length) return sign(order);
  }
  return 0;
}

/** By type, by modifier, by text. Names say nothing of what matches. */
function compareParts(left: Part, right: Part): number {
  return (
    right.type - left.type ||
    modifiers[left.modifier] - modifiers[right.modifier] ||
    compareTexts(left.prefix, right.prefix) ||
    compareTexts(left.value, right.value) ||
    compareTexts(left.suffix, right.suffix)
  );
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
