/**
 * `#groups` of the host realm: all groups, loaded with the package.
 */

import * as clone from "./groups/clone.ts";
import * as compression from "./groups/compression.ts";
import * as crypto from "./groups/crypto.ts";
import * as fetch from "./groups/fetch.ts";
import * as file from "./groups/file.ts";
import * as fileReader from "./groups/file-reader.ts";
import * as headers from "./groups/headers.ts";
import * as inspect from "./groups/inspect.ts";
import * as mappedMemory from "./groups/mapped-memory.ts";
import * as messaging from "./groups/messaging.ts";
import * as performance from "./groups/performance.ts";
import * as streams from "./groups/streams.ts";
import * as urlpattern from "./groups/urlpattern.ts";
import * as wasm from "./groups/wasm.ts";
import type { GroupName, Groups } from "./groups.ts";

const groups: Groups = {
  clone,
  compression,
  crypto,
  fetch,
  file,
  "file-reader": fileReader,
  headers,
  inspect,
  "mapped-memory": mappedMemory,
  messaging,
  performance,
  streams,
  urlpattern,
  wasm,
};

export function loadGroup<Name extends GroupName>(name: Name): Groups[Name] {
  return groups[name];
}

/** Puts an interface of a group on a global object. */
export function defineGroupInterface(global: object, name: string, group: GroupName): void {
  const value = (groups[group] as Record<string, unknown>)[name];
  Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false });
}
