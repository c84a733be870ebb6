import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, watch, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { runKey } from "../../../shared/core/identity.ts";
import type { Backend, Launch, Launched, Observation, Services } from "../../../shared/core/launcher.ts";
import type { PlannedRun, RunConfig, RunRequest } from "../../../shared/core/run.ts";
import type { Target } from "../../../shared/core/target.ts";
import { connectLocal } from "../../../shared/launchers/local/backend.ts";
import { folderOf } from "../../../shared/launchers/local/inspect.ts";
import type { LocalPlan } from "../../../shared/launchers/local/plan.ts";
import { identityOf } from "../../../shared/launchers/local/process-identity.ts";
import type { LocalSettings } from "../../../shared/launchers/local/target.ts";
import { memorySharedNames } from "../../support/shared-names.ts";

export function localTarget(over: Partial<Target<LocalSettings>> = {}): Target<LocalSettings> {
  return {
    name: "here",
    type: "local",
    labels: [],
    env: {},
    enforcedEnv: {},
    secrets: {},
    tags: {},
    startTimeoutSeconds: 900,
    fallback: [],
    relaunch: 2,
    settings: {},
    ...over,
  };
}

/** A run of `run-1` at attempt 1, but for what the test says. */
export function plannedRun(request: Partial<RunRequest> = {}, config: Partial<RunConfig> = {}): PlannedRun {
  const id = request.id ?? "run-1";
  const runConfig: RunConfig = { type: "LocalRun", env: {}, labels: [], ...config };
  return { deployment: "test", key: runKey(id), attempt: 1, request: { id, runConfig, ...request } };
}

export function launchOf(id: string, over: Partial<Launch> = {}): Launch {
  return { deployment: "test", id, key: runKey(id), attempt: 1, planDigest: "digest", signal: new AbortController().signal, ...over };
}

/** What `inspect` and `stop` are told of a launch. */
export function launchedOf(launch: Pick<Launch, "id" | "key" | "attempt">): Launched {
  return { id: launch.id, key: launch.key, attempt: launch.attempt, handle: `${launch.key}-${launch.attempt}` };
}

/** A plan that runs a shell script; the shell is the test's own choice of program. */
export function script(text: string, input: Partial<LocalPlan["calls"][0]["input"]> = {}): LocalPlan {
  return { calls: [{ api: "local:spawn", input: { command: "/bin/sh", args: ["-c", text], cwd: ".", env: {}, ...input } }] };
}

/** A state folder of the test's own; what still runs from it at the end is killed. */
export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "slipway-local-")));
  onTestFinished(() => {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (name.endsWith("/marker.json")) kill(join(folder, name), (pid) => pid);
      if (name.endsWith("/command.json")) kill(join(folder, name), (pid) => -pid);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

/** Never another process that has the id by now; of a group, its first process may be gone and others be left. */
function kill(file: string, whom: (pid: number) => number): void {
  const [, pid, started] = /"pid":(\d+),"started":"([^"]*)"/.exec(readFileSync(file, "utf8")) ?? [];
  const now = identityOf(Number(pid));
  if (pid === undefined || (now !== undefined && now.started !== started)) return;
  try {
    process.kill(whom(Number(pid)), "SIGKILL");
  } catch {
    // It has ended, as it should.
  }
}

export interface Bench {
  readonly stateFolder: string;
  readonly backend: Backend<LocalPlan>;
  readonly services: Services;
  readonly seen: readonly { readonly id: string; readonly observation: Observation }[];
  /** Ids that were told of room, in order. */
  readonly room: readonly string[];
  /** The observation that was handed in for a run, as soon as it is. */
  observed(id: string): Promise<Observation>;
  /** Resolves when so many runs were told of room. */
  roomTold(count: number): Promise<void>;
  folder(launch: Pick<Launch, "key" | "attempt">): string;
}

/** A backend over a real folder, with real processes. */
export async function bench(
  over: {
    readonly stateFolder?: string;
    readonly target?: Partial<Target<LocalSettings>>;
    readonly environment?: Services["environment"];
  } = {},
): Promise<Bench> {
  const stateFolder = over.stateFolder ?? tempFolder();
  const seen: { id: string; observation: Observation }[] = [];
  const room: string[] = [];
  const changed = new Set<() => void>();
  const tell = () => {
    for (const look of changed) look();
  };
  const until = <Value>(look: () => Value | undefined) =>
    new Promise<Value>((resolve) => {
      const check = () => {
        const value = look();
        if (value === undefined) return;
        changed.delete(check);
        resolve(value);
      };
      changed.add(check);
      check();
    });
  const services: Services = {
    environment: over.environment ?? { PATH: process.env["PATH"] },
    stateFolder,
    isFunction: false,
    sleep: () => Promise.resolve(),
    shared: memorySharedNames(),
    secret: () => Promise.reject(new Error("local targets have no secrets")),
    now: () => Date.now(),
    observed(launched, observation) {
      seen.push({ id: launched.id, observation });
      tell();
    },
    roomFor(id) {
      room.push(id);
      tell();
    },
  };
  const backend = await connectLocal(localTarget(over.target), services);
  return {
    stateFolder,
    backend,
    services,
    seen,
    room,
    observed: (id) => until(() => seen.find((one) => one.id === id)?.observation),
    roomTold: (count) => until(() => (room.length >= count ? true : undefined)).then(() => undefined),
    folder: (launch) => folderOf(stateFolder, launch),
  };
}

/** Resolves when the file is there. */
export function appears(path: string): Promise<void> {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  return new Promise((resolve) => {
    const watcher = watch(folder, look);
    function look(): void {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    }
    look();
  });
}

/** A pipe with a name: opening it for reading waits for a writer, and the other way round. */
export function fifo(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  execFileSync("mkfifo", [path]);
  return path;
}

/** A script's part that waits until `open` is called. */
export function gate(folder: string, name = "gate"): { readonly wait: string; open(): Promise<void> } {
  const path = fifo(join(folder, name));
  return { wait: `read _ < ${path}`, open: () => writeFile(path, "go\n") };
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The process id that a state file names. */
export function pidIn(path: string): number {
  const found = /"pid":(\d+)/.exec(readFileSync(path, "utf8"));
  if (found?.[1] === undefined) throw new Error(`no pid in ${path}`);
  return Number(found[1]);
}

/** Has wrappers started by another program, until the test ends: `process.execPath` is what starts them. */
export function startWrappersWith(program: string): { restore(): void } {
  const node = process.execPath;
  const restore = () => {
    process.execPath = node;
  };
  process.execPath = program;
  onTestFinished(restore);
  return { restore };
}

/** An executable shell script. */
export function executable(path: string, text: string): string {
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}
