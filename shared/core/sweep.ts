/** Looks after every run that something is due for: wakes what waits, asks about what runs, repeats stops. */
import { wakeGapMilliseconds } from "./backoff.ts";
import type { Context } from "./context.ts";
import { observe } from "./observe.ts";
import { launcherOf } from "./prepare.ts";
import { publishDue } from "./publish.ts";
import type { ActiveRun } from "./record.ts";
import { isTerminal } from "./run-state.ts";
import { launchedOf } from "./stop.ts";
import type { Target } from "./target.ts";
import { bump } from "./writes/operate.ts";

/** What a sweep did. */
export interface Swept {
  readonly woken: number;
  readonly inspected: number;
  /** Runs whose target is not configured, or did not answer: nothing was done about them. */
  readonly unanswered: number;
  /** Whether all that was due was reached before the time was over. */
  readonly complete: boolean;
}

const BATCH = 100;
/** As many events as a bus takes in one call. */
const PUBLISHED_AT_ONCE = 10;

/** One sweep until `until` (epoch milliseconds). What it does not reach, the next does. */
export async function sweep(context: Context, until: number): Promise<Swept> {
  let woken = 0;
  let inspected = 0;
  let unanswered = 0;
  let complete = true;
  const failures: unknown[] = [];
  const toWake: string[] = [];
  const toPublish: string[] = [];
  const toInspect = new Map<string, ActiveRun[]>();
  const wakeAll = async () => {
    if (toWake.length === 0) return;
    try {
      await context.queue.wake(toWake.splice(0));
    } catch (error) {
      // A queue that is down must not keep running runs from being looked after.
      failures.push(error);
    }
  };
  const publishAll = async () => {
    // A bus that is down must not keep runs from being looked after.
    if (toPublish.length > 0) await publishDue(context, toPublish.splice(0)).catch((error: unknown) => void failures.push(error));
  };
  const inspectAll = async () => {
    for (const [name, runs] of toInspect) {
      try {
        unanswered += await inspect(context, name, runs, failures);
      } catch (error) {
        // One target that can't be asked must not keep the others' runs from being looked after.
        failures.push(error);
      }
    }
    toInspect.clear();
  };
  for await (const run of context.store.due(context.clock.now())) {
    if (context.clock.now() >= until) {
      complete = false;
      break;
    }
    const now = context.clock.now();
    const launched = run.state === "LAUNCHED" || run.state === "RUNNING";
    const gap = launched ? inspectGap(context, run) : wakeGap(context, run);
    const taken = await context.store.write(run.key, bump(run.nextCheckAt, now + gap));
    if (!taken.applied) continue;
    if (run.unpublished !== undefined) toPublish.push(run.key);
    if (toPublish.length >= PUBLISHED_AT_ONCE) await publishAll();
    // It is there for what is to be told of it only.
    if (run.state !== undefined && isTerminal(run.state)) continue;
    if (!launched || run.cancelRequestedAt !== undefined) {
      toWake.push(run.id);
      woken++;
    }
    if (launched) {
      const name = run.target ?? "";
      const batch = toInspect.get(name) ?? [];
      batch.push(run);
      toInspect.set(name, batch);
      inspected++;
      if (batch.length >= BATCH) await inspectAll();
    }
    if (toWake.length >= BATCH) await wakeAll();
  }
  await publishAll();
  await wakeAll();
  await inspectAll();
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, "several targets or the queue could not be reached");
  return { woken, inspected, unanswered, complete };
}

function wakeGap(context: Context, run: ActiveRun): number {
  return wakeGapMilliseconds(run.wakes ?? 0, context.planning.configuration.timing.sweepSeconds);
}

function inspectGap(context: Context, run: ActiveRun): number {
  const target = targetOf(context, run.target);
  return target === undefined ? wakeGap(context, run) : launcherOf(context.planning, target).inspectSeconds * 1000;
}

function targetOf(context: Context, name: string | undefined): Target | undefined {
  return context.planning.configuration.targets.find((target) => target.name === name);
}

/** Asks one target about its runs. Returns how many it gave no answer for; a record that could not be written keeps no other from it. */
async function inspect(context: Context, name: string, runs: readonly ActiveRun[], failures: unknown[]): Promise<number> {
  const target = targetOf(context, name);
  if (target === undefined) return runs.length;
  const launcher = launcherOf(context.planning, target);
  const { inspectSeconds } = launcher;
  const place = launcher.place(target, context.planning.services);
  const backend = await context.backends(target);
  const observations = await backend.inspect(runs.map(launchedOf));
  let unanswered = 0;
  for (const [index, run] of runs.entries()) {
    const observation = observations[index];
    if (observation === undefined || observation.status === "unknown") unanswered++;
    else
      await observe(context, launchedOf(run), observation, inspectSeconds, { ...run, place }).catch((error: unknown) =>
        failures.push(error),
      );
  }
  return unanswered;
}
