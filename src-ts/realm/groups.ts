/**
 * The groups of the web layer: what is loaded together when a script first uses a part of it. What is in none is in
 * every isolate from its start, and costs it time and memory: about 6 µs and 3 KB for 1 KB of minified text.
 *
 * `#groups` is resolved per kind of realm: an isolate compiles a group at first use (groups-isolate.ts), the host realm
 * has all (groups-host.ts).
 */
import type * as clone from "./groups/clone.ts";
import type * as compression from "./groups/compression.ts";
import type * as crypto from "./groups/crypto.ts";
import type * as fetch from "./groups/fetch.ts";
import type * as file from "./groups/file.ts";
import type * as fileReader from "./groups/file-reader.ts";
import type * as headers from "./groups/headers.ts";
import type * as inspect from "./groups/inspect.ts";
import type * as mappedMemory from "./groups/mapped-memory.ts";
import type * as messaging from "./groups/messaging.ts";
import type * as performance from "./groups/performance.ts";
import type * as streams from "./groups/streams.ts";
import type * as urlpattern from "./groups/urlpattern.ts";
import type * as wasm from "./groups/wasm.ts";

export interface Groups {
  clone: typeof clone;
  compression: typeof compression;
  crypto: typeof crypto;
  fetch: typeof fetch;
  file: typeof file;
  "file-reader": typeof fileReader;
  headers: typeof headers;
  inspect: typeof inspect;
  "mapped-memory": typeof mappedMemory;
  messaging: typeof messaging;
  performance: typeof performance;
  streams: typeof streams;
  urlpattern: typeof urlpattern;
  wasm: typeof wasm;
}

export type GroupName = keyof Groups;
