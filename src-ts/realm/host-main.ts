/**
 * Sets up the host realm: imported, for its effect, by every entry point of the package for Node.
 */
import { loadGroup } from "#groups";
import { intrinsics } from "../internal/ops.ts";
import { interfaceNameOf } from "../internal/webidl.ts";
import { terminal } from "../sdk/terminal.ts";
import { setInspection, setTerminal } from "../web/console/console.ts";
import { runTask } from "../web/html/task-queue.ts";
import { runTimer } from "../web/html/timer-queue.ts";
import { makeError } from "./make-error.ts";
import { nameOperations } from "./surface.ts";

setInspection(() => loadGroup("inspect"));
setTerminal(terminal);
nameOperations();

function notInHostRealm(): never {
  throw new Error("Node itself does this in the host realm");
}

intrinsics.setHooks({
  runTimer,
  runTask,
  makeError,
  promiseRejected: notInHostRealm,
  notifyRejections: notInHostRealm,
  reportException: notInHostRealm,
  inspectError: notInHostRealm,
  importMetaResolve: notInHostRealm,
  installCli: notInHostRealm,
  interfaceNameOf,
  loadMember: notInHostRealm,
  warmUp: notInHostRealm,
  warmUpGroups: notInHostRealm,
  begin: notInHostRealm,
});
