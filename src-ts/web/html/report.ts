/**
 * "Report an exception" (https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception),
 * callable from anywhere. What it does in an isolate is set by global-events.ts.
 */
import { intrinsics } from "../../internal/ops.ts";

/**
 * The host realm has no global events of ours: the error goes where Node's uncaught errors go.
 * @returns whether a handler called preventDefault()
 */
let reporter = (error: unknown): boolean => {
  intrinsics.enqueueMicrotask(() => {
    throw error;
  });
  return false;
};

export function setReporter(report: (error: unknown) => boolean): void {
  reporter = report;
}

export function reportException(error: unknown): void {
  reporter(error);
}
