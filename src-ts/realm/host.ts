/**
 * `#realm` in a Node program: the addon's ops and intrinsics for Node's own main isolate (or a worker's).
 */
import { addon } from "../sdk/addon.ts";

export const { ops, intrinsics } = addon;
