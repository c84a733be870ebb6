/**
 * Ends what a server of the tests leaves: a process of its own, which waits for the end of its standard input, and so for the end of
 * the tests, however they end. A daemon that is killed leaves its containers running; all of them name its folder, or descend from what does.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { descendantsOf, pidsNaming, signalAll } from "./processes.ts";

/** How long servers have for their own end: Docker gives its containers ten seconds. */
const GRACE_MILLISECONDS = 20_000;
const AGAIN_MILLISECONDS = 50;

/** What servers of ours start; an editor or a pager that looks into the folder is not among them. */
const OURS = /^(dockerd|containerd|runc|sshd)/;

/** All that belongs to a folder. */
function belongingTo(folder: string): readonly number[] {
  const named = pidsNaming(folder).filter((pid) => OURS.test(nameOf(pid)));
  return [...named, ...named.flatMap(descendantsOf)];
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/** A daemon ends its containers and takes its mounts away by itself, where it is let. */
async function endServers(folder: string): Promise<void> {
  const servers = belongingTo(folder).filter((pid) => ["dockerd", "sshd"].includes(nameOf(pid)));
  signalAll(servers, "SIGTERM");
  for (const end = Date.now() + GRACE_MILLISECONDS; Date.now() < end && servers.some((pid) => existsSync(`/proc/${pid}`)); ) {
    await sleep(AGAIN_MILLISECONDS);
  }
}

async function endRest(folder: string): Promise<void> {
  for (let rest = belongingTo(folder); rest.length > 0; rest = belongingTo(folder)) {
    signalAll(rest, "SIGKILL");
    await sleep(AGAIN_MILLISECONDS);
  }
}

function unmount(folder: string): void {
  const places = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((place) => place.startsWith(`${folder}/`));
  for (const place of places.reverse()) execFileSync("umount", ["--lazy", place]);
}

const [folder = ""] = process.argv.slice(2);
if (!existsSync(folder)) throw new Error("the folder of a server is wanted");
for await (const _ of process.stdin);
await endServers(folder);
await endRest(folder);
unmount(folder);
await rm(folder, { recursive: true, force: true });
