/**
 * The contract suite's vocabulary: a file `test/web/<spec>/<name>.contract.ts` exports, as its default,
 * named cases that run unchanged in both kinds of realm. Engine-neutral: no Node import here or there.
 *
 *     export default cases({
 *       "an event bubbles by default: no": ({ globals: { Event }, assert }) => {
 *         assert.isFalse(new Event("x").bubbles);
 *       },
 *     });
 */
import type { assert } from "chai";

export type RealmKind = "host" | "isolate";

/** The names a script sees as globals; in the host realm they are what "nano-runtime" exports. */
export type Globals = typeof import("../../src-ts/index.ts");

/** Plain JSON, made by `<name>.server.ts` next to the contract file: `{ server: "http://127.0.0.1:1234" }` */
export type Context = Record<string, unknown>;

type Narrowing =
  | "isOk"
  | "ok"
  | "isTrue"
  | "isFalse"
  | "isNotTrue"
  | "isNotFalse"
  | "isNull"
  | "isNotNull"
  | "exists"
  | "notExists"
  | "isUndefined"
  | "isDefined"
  | "instanceOf"
  | "notInstanceOf";

/**
 * chai's assert, whose functions here narrow no types: TypeScript lets only explicitly typed names do that,
 * not the parameters of a case.
 */
export type Assert = Omit<typeof assert, Narrowing> &
  Record<Exclude<Narrowing, "instanceOf" | "notInstanceOf">, (value: unknown, message?: string) => void> &
  // biome-ignore lint: classes of any shape
  Record<"instanceOf" | "notInstanceOf", (value: unknown, type: new (...args: any[]) => any, message?: string) => void>;

export interface CaseArguments {
  globals: Globals;
  assert: Assert;
  realm: RealmKind;
  context: Context;
}

export type CaseFunction = (t: CaseArguments) => void | Promise<void>;

/** A case for one kind of realm says which, and why. */
export interface RestrictedCase {
  only: RealmKind;
  why: string;
  run: CaseFunction;
}

export type Cases = Record<string, CaseFunction | RestrictedCase>;

/** Only gives the object its type. */
export function cases(all: Cases): Cases {
  return all;
}

export function runsIn(each: Cases[string], realm: RealmKind): boolean {
  return typeof each === "function" || each.only === realm;
}

export function functionOf(each: Cases[string]): CaseFunction {
  return typeof each === "function" ? each : each.run;
}
