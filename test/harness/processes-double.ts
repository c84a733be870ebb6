/** The machine's processes in virtual time: wrappers that take the real marker in a real folder, and commands that only count. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
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

/** How a wrapper takes its attempt: the real way, or one without what "once" rests on. */
export type TakeMarker = (spec: WrapperSpec, wrapper: ProcessIdentity) => WrapperAnswer;

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
  take: TakeMarker = takeMarker,
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

  function start(spec: WrapperSpec): WrapperProcess {
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
    if (stopReason(spec) !== undefined) return finish({ exitCode: null, cause: "stop" }, undefined);
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

/** A marker that takes what another has taken. */
export const overwritingMarker: TakeMarker = (spec, wrapper) => {
  const answer = takeMarker(spec, wrapper);
  if (answer.marker !== "held") return answer;
  const { planDigest, ...identity } = spec.identity;
  writeJson(`${spec.folder}/marker.json`, { ...identity, plan_digest: planDigest, wrapper, started_at: Date.now() });
  return { marker: "taken" };
};

/** Marker files that know nothing of the attempt: each wrapper has a folder of its own. */
export function scatteredMarkers(): TakeMarker {
  let count = 0;
  return (spec, wrapper) => {
    const folder = `${spec.folder}-${++count}`;
    mkdirSync(folder, { recursive: true });
    return takeMarker({ ...spec, folder }, wrapper);
  };
}
