/** Looks after every run that something is due for: wakes what waits, asks about what runs, ends what passed a limit, clears up. */
import { wakeGapMilliseconds } from "./backoff.ts";
import type { Context } from "./context.ts";
import type { Launcher } from "./launcher.ts";
import { clearUp } from "./leftovers.ts";
import { lookAfter } from "./look-after.ts";
import { eachOf } from "./parallel.ts";
import { launcherOf } from "./prepare.ts";
import { publishDue } from "./publish.ts";
import type { ActiveRun, RunRecord } from "./record.ts";
import { isTerminal } from "./run-state.ts";
import type { Problem, Swept } from "./swept.ts";
import { bump } from "./writes/operate.ts";

/** Runs that a target is asked about in one call, runs that are woken in one, and table writes under way at once. */
const BATCH = 100;
const WRITES_AT_ONCE = 25;
/** As many events as a bus takes in one call. */
const PUBLISHED_AT_ONCE = 10;

/** One sweep until `until` (epoch milliseconds). What it does not reach, the next does. */
export async function sweep(context: Context, until: number): Promise<Swept> {
  const failures: unknown[] = [];
  // The queue, the bus or one target that is down must not keep the others' runs from being looked after.
  const failed = (error: unknown) => void failures.push(error);
  const taken = await takeUp(context, until, failed);
  const launched = taken.runs.filter(isLaunched);
  const signal = AbortSignal.timeout(Math.max(0, Math.floor(until - context.clock.now())));
  const waiting = taken.runs.filter((run) => !isLaunched(run));
  await inBatches(waiting, BATCH, (batch) => context.queue.wake(batch.map(({ id }) => id))).catch(failed);
  await inBatches(taken.toPublish, PUBLISHED_AT_ONCE, (batch) => publishDue(context, batch)).catch(failed);
  const problems: Problem[] = [];
  const looked = await lookAfter(context, launched, signal, { failed, problems });
  const cleared = await clearUp(context, signal, { failed, problems });
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, "several runs, the queue or the bus could not be reached");
  return {
    woken: waiting.length,
    inspected: launched.length,
    ...looked,
    removed: cleared.removed,
    stopped: looked.stopped + cleared.stopped,
    problems,
    complete: taken.complete,
  };
}

/** Takes up what is due, each by a conditional write that answers with the record: of two sweeps at once, one has it. */
async function takeUp(
  context: Context,
  until: number,
  failed: (error: unknown) => void,
): Promise<{ readonly runs: readonly RunRecord[]; readonly toPublish: readonly string[]; readonly complete: boolean }> {
  const due: ActiveRun[] = [];
  const runs: RunRecord[] = [];
  const toPublish: string[] = [];
  let complete = true;
  const from = context.clock.now();
  for await (const run of context.store.due(from)) {
    due.push(run);
    // A backlog too long to be read is taken up from its beginning: what was is no longer due for the next sweep.
    if (context.clock.now() < from + (until - from) / 2) continue;
    complete = false;
    break;
  }
  await eachOf(due, WRITES_AT_ONCE, async (run) => {
    const now = context.clock.now();
    if (now >= until) {
      complete = false;
      return;
    }
    const taken = await context.store.write(run.key, bump(run.nextCheckAt, now + gapOf(context, run))).catch(failed);
    if (!taken?.applied) return;
    if (taken.item.unpublished !== undefined) toPublish.push(run.key);
    // Otherwise it is there for what is to be told of it only.
    if (taken.item.state === undefined || !isTerminal(taken.item.state)) runs.push(taken.item);
  });
  return { runs, toPublish, complete };
}

function isLaunched({ state }: Pick<RunRecord, "state">): boolean {
  return state === "LAUNCHED" || state === "RUNNING";
}

function gapOf(context: Context, run: ActiveRun): number {
  const { planning } = context;
  const target = isLaunched(run) ? planning.configuration.targets.find(({ name }) => name === run.target) : undefined;
  if (target !== undefined) return lookGap(launcherOf(planning, target), run, context.clock.now());
  return wakeGapMilliseconds(run.wakes ?? 0, planning.configuration.timing.sweepSeconds);
}

/** Where events tell what happens, a look is for what they miss: it may be late by this part of the run's age, and by so much at most. */
const LATE_BY = 1 / 20;
const LATEST_MILLISECONDS = 5 * 60_000;

function lookGap({ inspectSeconds, eventOf }: Launcher, { state, launchedAt, cancelRequestedAt }: ActiveRun, now: number): number {
  const usual = inspectSeconds * 1000;
  if (eventOf === undefined || state !== "RUNNING" || launchedAt === undefined || cancelRequestedAt !== undefined) return usual;
  return Math.max(usual, Math.min((now - launchedAt) * LATE_BY, LATEST_MILLISECONDS));
}

async function inBatches<Item>(items: readonly Item[], size: number, act: (batch: readonly Item[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += size) await act(items.slice(from, from + size));
}
