/** Launched runs: their target is asked about them in batches, and those that are cancelled or have passed a limit are told to stop. */
import { type Context, expiresAt } from "./context.ts";
import type { Backend, Launcher, Observation } from "./launcher.ts";
import { passedLimit } from "./limits.ts";
import { observe } from "./observe.ts";
import { before, eachOf } from "./parallel.ts";
import { launcherOf } from "./prepare.ts";
import { whyOutOfReach } from "./reach.ts";
import type { RunRecord } from "./record.ts";
import { launchedOf, stopWaits } from "./stop.ts";
import { type Complaints, complain, type Swept } from "./swept.ts";
import type { Target } from "./target.ts";
import { noteHeld, noteOutOfReach, noteStopping } from "./writes/follow.ts";
import { observeEnded } from "./writes/observe.ts";

/** How many runs a target is asked about in one call. */
const BATCH = 100;
/** Runs of a batch that are followed at once. */
const AT_ONCE = 10;

/** What came of looking after launched runs. */
type LookedAfter = Pick<Swept, "unanswered" | "stopped">;

/** Looks after launched runs, those of each target beside the others': one that hangs holds up no other. */
export async function lookAfter(
  context: Context,
  runs: readonly RunRecord[],
  signal: AbortSignal,
  complaints: Complaints,
): Promise<LookedAfter> {
  const each = [...Map.groupBy(runs, ({ target }) => target ?? "")].map(async ([name, ofTarget]): Promise<LookedAfter> => {
    const target = context.planning.configuration.targets.find((candidate) => candidate.name === name);
    const reached: RunRecord[] = [];
    let why = "";
    for (const run of ofTarget) {
      const error = whyOutOfReach(context, run);
      why = error?.message ?? why;
      if (error === undefined) reached.push(run);
      else if (run.error?.code !== error.code)
        await context.store.write(run.key, noteOutOfReach(run, error, context.clock.now())).catch(complaints.failed);
    }
    const outOfReach = ofTarget.length - reached.length;
    if (outOfReach > 0) complain(complaints, name, `${outOfReach} launched runs wait for a person: ${why}`, true);
    if (target === undefined || reached.length === 0) return { unanswered: outOfReach, stopped: 0 };
    const looked = await lookAt(context, target, reached, signal, complaints);
    return { unanswered: outOfReach + looked.unanswered, stopped: looked.stopped };
  });
  const all = await Promise.all(each);
  const sum = (part: keyof LookedAfter) => all.reduce((total, one) => total + one[part], 0);
  return { unanswered: sum("unanswered"), stopped: sum("stopped") };
}

async function lookAt(
  context: Context,
  target: Target,
  runs: readonly RunRecord[],
  signal: AbortSignal,
  complaints: Complaints,
): Promise<LookedAfter> {
  const launcher = launcherOf(context.planning, target);
  let unanswered = 0;
  let stopped = 0;
  for (let from = 0; from < runs.length; from += BATCH) {
    const batch = runs.slice(from, from + BATCH);
    let observations: readonly Observation[] = [];
    try {
      const backend = await before(signal, context.backends(target));
      observations = await before(signal, backend.inspect(batch.map(launchedOf), signal));
      await eachOf(batch.entries(), AT_ONCE, async ([index, run]) => {
        const seen = observations[index];
        if (seen === undefined || seen.status === "unknown") unanswered++;
        else if (await follow({ context, target, launcher, backend, signal, complaints }, run, seen)) stopped++;
      });
    } catch (error) {
      if (observations.length === 0) unanswered += batch.length;
      complain(complaints, target.name, error);
    }
    const silent = observations.find((seen) => seen.status === "unknown");
    if (silent !== undefined) complain(complaints, target.name, silent.failure.message);
  }
  return { unanswered, stopped };
}

/** A run that is seen not to have ended. */
type Alive = Extract<Observation, { readonly status: "starting" | "running" }>;

/** What one run is followed with. */
interface Following {
  readonly context: Context;
  readonly target: Target;
  readonly launcher: Launcher;
  readonly backend: Backend;
  readonly signal: AbortSignal;
  readonly complaints: Complaints;
}

/** Folds in what was seen of a run, and has it stopped where it is to end. Whether a stop was asked for. */
async function follow(following: Following, run: RunRecord, seen: Observation): Promise<boolean> {
  const { context, launcher, complaints } = following;
  try {
    // That it is missing says no more: a stop that gets no answer must not make it lost.
    if (seen.status === "absent" && launcher.stopRemoves === true && isToStop(run)) return await endVanished(following, run);
    const folded = await observe(context, launchedOf(run), seen, launcher.inspectSeconds, run);
    const now = folded?.item ?? run;
    if (now.state !== "LAUNCHED" && now.state !== "RUNNING") return false;
    if (seen.status === "absent") return launcher.stopRemoves === true && (await endVanished(following, now));
    if (seen.status === "ended" || seen.status === "unknown") return false;
    if (now.held?.reason !== seen.held?.reason) await context.store.write(now.key, noteHeld(now, seen.held));
    const why = await whyStop(following, now, seen);
    return why === undefined || stopWaits(now, context.clock.now()) ? false : await stop(following, now, why);
  } catch (error) {
    complaints.failed(error);
    return false;
  }
}

/** Why the run is to be stopped: a cancel, or a limit that it has passed, which is noted first. */
async function whyStop({ context, target, launcher }: Following, run: RunRecord, seen: Alive): Promise<string | undefined> {
  const { store, clock } = context;
  if (run.cancelRequestedAt !== undefined) return "cancelled";
  if (run.stopping !== undefined) return run.stopping.class === "timeout" ? "timeout" : "not started in time";
  const passed = passedLimit(run, target.startTimeoutSeconds, seen, clock.now());
  if (passed === undefined) return undefined;
  const now = clock.now();
  // Its end is to be seen soon, however rarely it was looked at before.
  const noted = await store.write(run.key, noteStopping(run, passed, now, now + launcher.inspectSeconds * 1000));
  if (!noted.applied) return undefined;
  return passed.class === "timeout" ? "timeout" : "not started in time";
}

async function stop({ backend, signal, target, complaints }: Following, run: RunRecord, why: string): Promise<boolean> {
  try {
    await before(signal, backend.stop(launchedOf(run), why, signal));
    return true;
  } catch (error) {
    // The next look repeats it.
    complain(complaints, target.name, error);
    return false;
  }
}

function isToStop(run: RunRecord): boolean {
  return run.cancelRequestedAt !== undefined || run.stopping !== undefined;
}

/** What was told to stop has vanished, as it does at this service. The stop is repeated first: once it is taken, nothing of it can come. */
async function endVanished(following: Following, run: RunRecord): Promise<boolean> {
  const { context } = following;
  if (!isToStop(run) || stopWaits(run, context.clock.now())) return false;
  if (!(await stop(following, run, "cancelled"))) return false;
  const now = context.clock.now();
  const evidence = { attempt: run.attempt, handle: { id: run.handle ?? "" }, now };
  const times = { endedAt: now, expiresAt: expiresAt(context, now) };
  await context.store.write(run.key, observeEnded(evidence, { state: "CANCELLED" }, times, run.stopping));
  return true;
}
