/**
 * reportError (https://html.spec.whatwg.org/multipage/webappapis.html#dom-reporterror).
 */
import * as webidl from "../../internal/webidl.ts";
import { reportException } from "./report.ts";

/**
 * Reports a value as if it had been thrown and not caught: an "error" event in an isolate (whose run fails
 * unless a listener calls preventDefault), Node's uncaughtException in the host realm.
 */
export function reportError(error: unknown): void {
  webidl.requireArguments(arguments.length, 1, "reportError");
  reportException(error);
}
