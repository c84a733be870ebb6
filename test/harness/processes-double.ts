/** The machine's processes in virtual time: wrappers that take the real marker in a real folder, and commands that only count. */
import { readdirSync, readFileSync } from "node:fs";
import type { ProcessIdentity } from "../../shared/launchers/local/process-identity.ts";
import { takeMarker, type WrapperAnswer, writeJson } from "../../shared/launchers/local/wrapper-files.ts";
import type { WrapperProcess } from "../../shared/launchers/local/wrapper-process.ts";
import type { WrapperSpec } from "../../shared/launchers/local/wrapper-spec.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How one wrapper fares. Times in milliseconds. */
export interface WrapperFate {
  /** Until it takes the marker; longer than its time to land is too late. */
  readonly startMilliseconds: number;
  /** When it is killed, if it is. */
  readonly killed?: "before the marker" | "before the answer" | "before the command" | "while the command runs";
  readonly runMilliseconds: number;
  readonly exitCode: number;
}

/** A command that was really started. */
export interface Started {
  readonly id: string;
  readonly attempt: number;
  readonly target: string;
  readonly args: readonly string[];
  /** Undefined while it runs, and for ever where its wrapper was killed. */
  end: { readonly exitCode: number | null; readonly cause: "itself" | "stop" | "timeout" } | undefined;
  wrapperKilled: boolean;
}

/** What a wrapper does instead of the real thing, to show what that is good for. */
export interface Breakage {
  /** Changes what the dispatcher told it. */
  readonly alter?: (spec: WrapperSpec) => WrapperSpec;
  readonly take?: (spec: WrapperSpec, wrapper: ProcessIdentity) => WrapperAnswer;
}

/** What runs on the machine, whichever dispatcher started it. */
export interface ProcessesDouble {
  readonly started: readonly Started[];
  start(spec: WrapperSpec): WrapperProcess;
  isAlive(identity: ProcessIdentity): boolean;
  terminate(pid: number): void;
}

/** Beyond what a machine gives out, so that no real process is ever meant. */
const FIRST_PID = 2 ** 30;

export function processesDouble(
  time: VirtualTime,
  fateOf: (spec: WrapperSpec) => WrapperFate,
  { alter = (spec) => spec, take = takeMarker }: Breakage = {},
): ProcessesDouble {
  const started: Started[] = [];
  const alive = new Map<number, { readonly identity: ProcessIdentity; readonly terminate: () => void }>();
  let pids = FIRST_PID;

  function newProcess(terminate: () => void): ProcessIdentity {
    const pid = ++pids;
    const identity = { pid, started: `double/${pid}` };
    alive.set(pid, { identity, terminate });
    return identity;
  }

  function start(told: WrapperSpec): WrapperProcess {
    const spec = alter(told);
    const fate = fateOf(spec);
    const answer = Promise.withResolvers<Awaited<WrapperProcess["answer"]>>();
    const exited = Promise.withResolvers<void>();
    let onTerm = () => {};
    const wrapper = newProcess(() => onTerm());
    const exit = () => {
      alive.delete(wrapper.pid);
      answer.resolve({ marker: "gone", message: "the wrapper ended before it answered" });
      exited.resolve();
    };

    time.after(fate.startMilliseconds, () => {
      if (fate.killed === "before the marker") return exit();
      const taken = take(spec, wrapper);
      if (fate.killed === "before the answer") return exit();
      answer.resolve(taken);
      if (taken.marker !== "taken" || fate.killed === "before the command") return exit();
      run(spec, fate, (handler) => (onTerm = handler), exit);
    });
    return { pid: wrapper.pid, answer: answer.promise, exited: exited.promise, detach: () => {} };
  }

  function run(spec: WrapperSpec, fate: WrapperFate, onTerm: (handler: () => void) => void, exit: () => void): void {
    const startedAt = time.now();
    const finish = (end: NonNullable<Started["end"]>, command: Started | undefined) => {
      if (command !== undefined) command.end = end;
      const cause =
        end.cause === "stop" ? { stopped: stopReason(spec) } : end.cause === "timeout" ? { timed_out: spec.timeoutSeconds } : {};
      const began = command === undefined ? {} : { started_at: startedAt };
      writeJson(`${spec.folder}/status.json`, { exit_code: end.exitCode, signal: null, ended_at: time.now(), ...began, ...cause });
      exit();
    };
    if (stopReason(spec) !== undefined) {
      finish({ exitCode: null, cause: "stop" }, undefined);
      return;
    }
    const command: Started = {
      id: spec.identity.id,
      attempt: spec.identity.attempt,
      target: spec.identity.target,
      args: spec.args,
      end: undefined,
      wrapperKilled: false,
    };
    started.push(command);
    const leaves: (() => void)[] = [];
    const once = (end: NonNullable<Started["end"]>) => {
      for (const leave of leaves) leave();
      alive.delete(process.pid);
      finish(end, command);
    };
    const process = newProcess(() => alive.delete(process.pid));
    writeJson(`${spec.folder}/command.json`, process);
    onTerm(() => once({ exitCode: 143, cause: "stop" }));
    leaves.push(time.after(fate.runMilliseconds, () => once({ exitCode: fate.exitCode, cause: "itself" })));
    if (spec.timeoutSeconds !== undefined)
      leaves.push(time.after(spec.timeoutSeconds * 1000, () => once({ exitCode: 143, cause: "timeout" })));
    if (fate.killed === "while the command runs") {
      time.after(fate.runMilliseconds / 2, () => {
        if (command.end !== undefined) return;
        for (const leave of leaves) leave();
        command.wrapperKilled = true;
        time.after(fate.runMilliseconds / 2, () => alive.delete(process.pid));
        exit();
      });
    }
  }

  return {
    started,
    start,
    isAlive: ({ pid, started: since }) => alive.get(pid)?.identity.started === since,
    terminate: (pid) => alive.get(Math.abs(pid))?.terminate(),
  };
}

/** What a stop left, where there was one. */
function stopReason(spec: WrapperSpec): string | undefined {
  const text = readNow(`${spec.folder}/stop.json`);
  return text === undefined ? undefined : String(JSON.parse(text).reason);
}

/** A real file, at once: virtual time must not go on while the disk is asked. */
export function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The names in a real folder, at once. */
export function namesNow(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Takes what another has taken already. */
function overwrite(spec: WrapperSpec, wrapper: ProcessIdentity): WrapperAnswer {
  const answer = takeMarker(spec, wrapper);
  if (answer.marker !== "held") return answer;
  const { planDigest, ...identity } = spec.identity;
  writeJson(`${spec.folder}/marker.json`, { ...identity, plan_digest: planDigest, wrapper, started_at: Date.now() });
  return { marker: "taken" };
}

const whenever = (spec: WrapperSpec): WrapperSpec => ({ ...spec, landBy: Number.MAX_SAFE_INTEGER });

/** What "once" rests on, taken away bit by bit, and what must be found wrong then. A fresh one for each world. */
export const BREAKAGES: Readonly<Record<string, { readonly found: RegExp; make(): Breakage }>> = {
  "no idempotency key: each wrapper has a folder of its own": {
    found: /was started \d times/,
    make: () => {
      let count = 0;
      return { alter: (spec) => ({ ...spec, folder: `${spec.folder}-${++count}` }) };
    },
  },
  "a marker that is taken again, however late": { found: /was started \d times/, make: () => ({ alter: whenever, take: overwrite }) },
  "no time to land, so that absence is no proof": { found: /was started|was not stopped/, make: () => ({ alter: whenever }) },
};
