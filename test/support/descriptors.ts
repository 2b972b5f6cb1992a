/** The descriptors that this process holds, and what a test does that wants no more of them. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expect } from "vitest";

export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/**
 * Waits until no more than `allowed` descriptors are open: sockets close a few turns after their owner has gone, and the ends
 * of a test's servers are often in this process too.
 *
 * @throws if that is not so after 30 seconds; the message lists all descriptors, sockets with their ports and states
 */
export async function expectDescriptors(allowed: number): Promise<void> {
  const end = Date.now() + 30_000;
  while (openDescriptors() > allowed && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  const open = openDescriptors();
  expect(open, open > allowed ? `of these:\n${listDescriptors().join("\n")}\n` : "").toBeLessThanOrEqual(allowed);
}

const tcp_states = [
  "",
  "established",
  "syn-sent",
  "syn-received",
  "fin-wait-1",
  "fin-wait-2",
  "time-wait",
  "closed",
  "close-wait",
  "last-ack",
  "listen",
  "closing",
];

/** "7 socket:[123] 127.0.0.1:4000 > 127.0.0.1:5000 established, 0 to send, 12 to read" */
function listDescriptors(): string[] {
  const sockets = new Map<string, string>();
  for (const table of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const [, local, remote, state, queues, , , , , inode] = line.trim().split(/\s+/);
      if (inode === undefined) continue;
      const port = (address: string) => Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16);
      const [unsent, unread] = queues!.split(":").map((count) => Number.parseInt(count, 16));
      const name = tcp_states[Number.parseInt(state!, 16)];
      sockets.set(inode, `port ${port(local!)} > ${port(remote!)}, ${name}, ${unsent} bytes to send, ${unread} to read`);
    }
  }
  return readdirSync("/proc/self/fd").map((descriptor) => {
    let target = "(closed)";
    try {
      target = readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {}
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return `${descriptor} ${target} ${(inode && sockets.get(inode)) ?? ""}`.trimEnd();
  });
}
