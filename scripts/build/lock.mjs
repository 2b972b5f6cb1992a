/**
 * One build, or one download, at a time in one folder: test runs that start together must not write the same files.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./toolchain.mjs";

/**
 * Waits for its turn; returns what gives the lock back.
 * @param what is done under it: a name of its own for each kind of work
 */
export async function holdLock(what = "build") {
  const file = join(root, `.cache/${what}.lock`);
  mkdirSync(join(root, ".cache"), { recursive: true });
  for (let told = false; ; await sleep(100)) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = holderOfLock(file);
    if (holder === undefined) rmSync(file, { force: true });
    else if (!told) {
      console.log(`nano: waiting for the ${what} of process ${holder}`);
      told = true;
    }
  }
}

function holderOfLock(file) {
  let pid;
  try {
    pid = Number(readFileSync(file, "utf8"));
    // Written a moment after it is created.
    if (pid === 0) return 0;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === "EPERM" ? pid : undefined;
  }
}
