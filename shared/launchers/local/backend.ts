import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { Failure } from "../../core/failure.ts";
import type { Backend, FindOutcome, Launch, Launched, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import { answerBefore, unknownAfter } from "./answer.ts";
import { localFailure } from "./failures.ts";
import { folderOf, handleOf, inspectAttempt } from "./inspect.ts";
import { ownedAttempts, removeAttempt } from "./leftovers.ts";
import { type Machine, thisMachine } from "./machine.ts";
import type { LocalPlan } from "./plan.ts";
import { createSlots, type Slot } from "./slots.ts";
import { attemptsFolder, nameOf, readMarker, StateUnreadable, unfinishedAttempts } from "./state-files.ts";
import { stopAttempt } from "./stop.ts";
import type { LocalSettings } from "./target.ts";
import { unusableBackend, whyUnusable } from "./unusable.ts";
import type { WrapperProcess } from "./wrapper-process.ts";
import type { WrapperSpec } from "./wrapper-spec.ts";

/** Between SIGTERM and SIGKILL: what Docker gives. */
const GRACE_SECONDS = 10;
const WAIT_MILLISECONDS = 2000;
const KEEP_MILLISECONDS = 1500;
/** Less than the launcher's landing time, so that no marker appears once its absence counts as proof. */
const LAND_MILLISECONDS = 8000;

/** Local processes of one target. All that is known of a run is in its folder, so another dispatcher can go on with it. */
export async function connectLocal(
  target: Target<LocalSettings>,
  services: Services,
  machine: Machine = thisMachine,
): Promise<Backend<LocalPlan>> {
  const unusable = whyUnusable(services);
  if (unusable !== undefined) return unusableBackend(unusable);
  if (services.stateFolder === undefined)
    return unusableBackend(localFailure("STATE_FOLDER_MISSING", "the dispatcher has no state folder"));
  const stateFolder = resolve(services.stateFolder);
  const slots = createSlots({
    max: target.settings.maxParallel ?? 2 * availableParallelism(),
    waitMilliseconds: WAIT_MILLISECONDS,
    keepMilliseconds: KEEP_MILLISECONDS,
    roomFor: (id) => services.roomFor(id),
  });
  /** Slots of runs that another process started: nobody tells us of their end but an inspection. */
  const foreign = new Map<string, Slot>();
  /** Process ids of the wrappers that this process started: their exit frees their slots. */
  const own = new Set<number>();
  const submitting = new Map<string, Promise<SubmitOutcome>>();

  for (const name of await unfinishedAttempts(machine, stateFolder)) {
    // A marker that cannot be read takes no slot; whoever asks for its run is told.
    const marker = await readMarker(machine, join(attemptsFolder(stateFolder), name)).catch(() => undefined);
    if (marker?.target === target.name && machine.isAlive(marker.wrapper)) foreign.set(name, slots.occupy());
  }

  /** What an earlier submit of the attempt left, if any did. */
  async function adopt(launch: Launch): Promise<SubmitOutcome | undefined> {
    const marker = await readMarker(machine, folderOf(stateFolder, launch));
    if (marker === undefined) return undefined;
    if (!isOurs(marker, launch)) {
      const failure = localFailure(
        "NAME_TAKEN",
        `run "${marker.id}" of deployment "${marker.deployment}" has the state folder's entry ${nameOf(launch)}`,
      );
      return { status: "refused", failure, boundToKey: true };
    }
    const name = nameOf(launch);
    if (!own.has(marker.wrapper.pid) && !foreign.has(name) && machine.isAlive(marker.wrapper)) foreign.set(name, slots.occupy());
    return { status: "accepted", handle: handleOf(stateFolder, launch) };
  }

  /** Nobody may ask about a run of an earlier dispatcher any more, but its end frees its slot all the same. */
  async function freeEnded(): Promise<void> {
    for (const [name, slot] of foreign) {
      const marker = await readMarker(machine, join(attemptsFolder(stateFolder), name)).catch(() => undefined);
      if (marker !== undefined && machine.isAlive(marker.wrapper)) continue;
      slot.release();
      foreign.delete(name);
    }
  }

  async function submitOnce(plan: LocalPlan, launch: Launch): Promise<SubmitOutcome> {
    const [{ input }] = plan.calls;
    const earlier = await adopt(launch);
    if (earlier !== undefined) return earlier;
    const cwd = resolve(input.cwd);
    const wrong = await machine.wrongWorkingDir(cwd);
    if (wrong !== undefined) return refused(wrong);
    if (launch.signal.aborted) return outOfTime();
    await freeEnded();
    const slot = await slots.acquire(launch.id, launch.signal);
    if (slot === undefined) return (await adopt(launch)) ?? full(launch);
    if (launch.signal.aborted) {
      slot.release();
      return outOfTime();
    }
    const spec: WrapperSpec = {
      folder: folderOf(stateFolder, launch),
      identity: {
        deployment: launch.deployment,
        id: launch.id,
        key: launch.key,
        attempt: launch.attempt,
        planDigest: launch.planDigest,
        target: target.name,
      },
      command: input.command,
      args: input.args,
      cwd,
      env: inherited(services.environment, input.env),
      ...(launch.timeoutSeconds === undefined ? {} : { timeoutSeconds: launch.timeoutSeconds }),
      graceSeconds: GRACE_SECONDS,
      // Not `services.now`: the wrapper compares it with the machine's own clock.
      landBy: Date.now() + LAND_MILLISECONDS,
    };
    const wrapper = machine.startWrapper(spec, join(stateFolder, "compile-cache"));
    if (wrapper.pid !== undefined) own.add(wrapper.pid);
    void wrapper.exited.then(() => finished(wrapper, launch, slot));
    return settled(wrapper, launch);
  }

  async function settled(wrapper: WrapperProcess, launch: Launch): Promise<SubmitOutcome> {
    const answer = await answerBefore(launch.signal, wrapper);
    switch (answer.marker) {
      case "taken":
        return { status: "accepted", handle: handleOf(stateFolder, launch) };
      case "failed":
        return refused(localFailure(answer.code, answer.message));
      case "held":
      case "gone":
      case "silent":
        return (await adopt(launch)) ?? { status: "unknown", failure: unknownAfter(answer) };
      default: {
        const unhandled: never = answer;
        return unhandled;
      }
    }
  }

  /** The end of a wrapper that this process started; it may never have taken the marker. */
  async function finished(wrapper: WrapperProcess, launch: Launch, slot: Slot): Promise<void> {
    try {
      const marker = await readMarker(machine, folderOf(stateFolder, launch)).catch(() => undefined);
      if (marker === undefined || marker.wrapper.pid !== wrapper.pid || !isOurs(marker, launch)) return;
      const { id, key, attempt } = launch;
      const launched = { id, key, attempt, handle: nameOf(launch) };
      services.observed(launched, await inspectAttempt(machine, stateFolder, launched, () => services.now()));
    } finally {
      if (wrapper.pid !== undefined) own.delete(wrapper.pid);
      slot.release();
    }
  }

  function full(launch: Launch): SubmitOutcome {
    slots.remember(launch.id);
    const failure = localFailure("MAX_PARALLEL", `target "${target.name}" runs as many processes as it may (max_parallel)`);
    return refused({ ...failure, wokenByLauncher: true });
  }

  return {
    // Connecting has read the state folder, or said why not.
    check: async () => {},

    submit(plan, launch) {
      const name = `${launch.deployment}/${launch.id}/${nameOf(launch)}`;
      const running =
        submitting.get(name) ??
        submitOnce(plan, launch)
          .catch(unreadableAsUnknown)
          .finally(() => submitting.delete(name));
      submitting.set(name, running);
      return running;
    },

    async find(launch): Promise<FindOutcome> {
      try {
        const marker = await readMarker(machine, folderOf(stateFolder, launch));
        return marker !== undefined && isOurs(marker, launch)
          ? { status: "found", handle: handleOf(stateFolder, launch) }
          : { status: "absent" };
      } catch (error) {
        return unreadableAsUnknown(error);
      }
    },

    async inspect(launched) {
      return Promise.all(
        launched.map(async (one) => {
          const observation = await inspectAttempt(machine, stateFolder, one, () => services.now());
          if (observation.status === "ended" || observation.status === "absent") {
            foreign.get(nameOf(one))?.release();
            foreign.delete(nameOf(one));
          }
          return observation;
        }),
      );
    },

    stop: (launched: Launched, reason) => stopAttempt(machine, folderOf(stateFolder, launched), launched.id, reason),
    owned: (deployment) => ownedAttempts(machine, stateFolder, deployment),
    remove: (ended) => removeAttempt(machine, stateFolder, ended),
  };
}

function isOurs(marker: Pick<Launch, "deployment" | "id" | "key" | "attempt">, launch: Launch): boolean {
  return (
    marker.deployment === launch.deployment && marker.id === launch.id && marker.key === launch.key && marker.attempt === launch.attempt
  );
}

function refused(failure: Failure): SubmitOutcome {
  return { status: "refused", failure };
}

function outOfTime(): SubmitOutcome {
  return refused(localFailure("DEADLINE", "the time was over before the process was started"));
}

function unreadableAsUnknown(error: unknown): { readonly status: "unknown"; readonly failure: Failure } {
  if (error instanceof StateUnreadable) return { status: "unknown", failure: localFailure("MARKER_UNREADABLE", error.message) };
  throw error;
}

/** The dispatcher's environment with the plan's on top; null takes a variable away. */
function inherited(environment: Services["environment"], own: Readonly<Record<string, string | null>>): Record<string, string> {
  const entries = Object.entries({ ...environment, ...own });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
