/**
 * What of web-platform-tests is kept, and where it lies. Shared by the fetch script and the test runner.
 */
import { join } from "node:path";
import { root } from "../build/toolchain.mjs";

/** The suite's revision; Debian's copy in firefox-esr 140.12.0esr is of this one, less what Mozilla keeps to itself. */
export const wpt_revision = "faf875d9b84f4319ac950cd51ef03a3dcf466a7f";

export const wptFolder = join(root, ".cache/wpt");

/** Written last: a folder without it is not whole. */
export const wptStamp = join(wptFolder, ".nano-revision");

/** Folders and files of the suite that the included tests and their server need. */
export const wptPaths = [
  "FileAPI",
  "WebCryptoAPI",
  "common",
  "compression",
  "console",
  "dom",
  "encoding",
  "eventsource",
  "fetch",
  "hr-time",
  "html/infrastructure/safe-passing-of-structured-data",
  "html/resources",
  "html/webappapis",
  "images",
  "interfaces",
  "mimesniff",
  "performance-timeline",
  "resources",
  "service-workers/service-worker/resources",
  "streams",
  "url",
  "urlpattern",
  "user-timing",
  "wasm",
  "webidl",
  "webmessaging",
  "xhr",
];
