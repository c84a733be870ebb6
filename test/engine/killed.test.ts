/** A daemon that is killed in the middle of its work and started again: what ran is told as it ended, and what was being launched runs once. */
import { watch } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import { forwardTo, type Gate, gate } from "../doubles/docker/gate.ts";
import { type EngineDispatcher, engineDispatcher } from "./dispatcher.ts";
import { type Dockerd, IMAGE, startDockerd } from "./dockerd.ts";
import { eventually } from "./processes.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0).reverse()) await server.close();
});

/** Where runs write down that they began: the daemon's own events are gone with it. */
const VOLUME = "told";

interface Begun {
  readonly daemon: Dockerd;
  /** Between the dispatcher and the daemon. */
  readonly entry: Gate;
  readonly dispatcher: EngineDispatcher;
}

async function begun(liveRestore: boolean): Promise<Begun> {
  const daemon = await startDockerd({ liveRestore });
  open.push(daemon);
  const entry = await gate(forwardTo(daemon.socket));
  open.push(entry);
  const host = { kind: "unix", path: entry.path } as const;
  return { daemon, entry, dispatcher: engineDispatcher({ host, volumes: [`${VOLUME}:/told`] }, async () => "", IMAGE) };
}

function commandOf(id: string, tenths: number, exitCode: number): readonly string[] {
  const wait = `i=0; while [ $i -lt ${tenths} ]; do sleep 0.1; i=$((i+1)); done`;
  return ["sh", "-c", `trap 'exit 143' TERM; echo ${id} >> /told/lines; ${wait}; exit ${exitCode}`];
}

/** How often a run began. */
async function beginnings({ folder }: Dockerd, id: string): Promise<number> {
  const text = await readFile(join(folder, "data/volumes", VOLUME, "_data/lines"), "utf8");
  return text.split("\n").filter((line) => line === id).length;
}

async function cleared(daemon: Dockerd, dispatcher: EngineDispatcher, id: string): Promise<void> {
  await eventually(
    async () => {
      await dispatcher.later(700);
      return daemon.containers(`slipway:key=${runKey(id)}`);
    },
    (containers) => containers.length === 0,
  );
}

/** Freezes a daemon as soon as something new is in a folder of its own. */
async function frozenAt({ folder, pid }: Dockerd, place: string): Promise<void> {
  const path = join(folder, place);
  await mkdir(path, { recursive: true });
  const seen = Promise.withResolvers<void>();
  const watcher = watch(path, () => {
    watcher.close();
    process.kill(pid(), "SIGSTOP");
    seen.resolve();
  });
  await seen.promise;
}

/** Freezes a daemon before a creation that is on its way arrives: it can't take it up any more. */
async function frozenBefore({ pid }: Dockerd, entry: Gate): Promise<void> {
  const [reached, until] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  entry.next("create", { kind: "held", reached: reached.resolve, until: until.promise, applied: () => {} });
  await reached.promise;
  process.kill(pid(), "SIGSTOP");
  until.resolve();
}

type Freeze = (daemon: Dockerd, entry: Gate) => Promise<void>;

const MOMENTS: readonly (readonly [string, Freeze])[] = [
  ["a create has arrived that it has not taken up", frozenBefore],
  ["it makes a container", (daemon) => frozenAt(daemon, "data/containers")],
  ["it starts a container", (daemon) => frozenAt(daemon, "exec/containerd/daemon/io.containerd.runtime.v2.task/moby")],
];

describe.each([
  ["its containers end as it comes back", false, { state: "FAILED", exitCode: 143 }],
  ["its containers outlive it", true, { state: "FAILED", exitCode: 4 }],
] as const)("killed while a container runs; %s", (_way, liveRestore, end) => {
  test.each(MOMENTS)("and while %s: that is launched once, and both are told as they ended", async (_moment, freeze) => {
    const { daemon, entry, dispatcher } = await begun(liveRestore);
    await dispatcher.submit("runs", commandOf("runs", 150, 4));
    await dispatcher.until("runs", "RUNNING");
    const frozen = freeze(daemon, entry);
    const submitted = dispatcher.submit("made", commandOf("made", 5, 5));
    await frozen;
    await daemon.kill();
    expect(await submitted).toMatchObject({ outcome: "unknown" });
    await dispatcher.later();
    expect(dispatcher.item("runs")?.state).toBe("RUNNING");
    await daemon.start();
    expect(await dispatcher.until("runs", "FAILED", "LOST")).toMatchObject(end);
    expect(await dispatcher.until("made", "FAILED", "LOST")).toMatchObject({ state: "FAILED", exitCode: 5, attempt: 1 });
    for (const id of ["runs", "made"]) {
      expect(await beginnings(daemon, id)).toBe(1);
      await cleared(daemon, dispatcher, id);
    }
  });
});
