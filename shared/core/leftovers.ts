/** What is at the targets with our mark, held against the table now and then: strays are stopped, what ended and is recorded is removed. */
import { type Context, rememberedSeconds } from "./context.ts";
import type { Backend, Launcher, Observation, Owned } from "./launcher.ts";
import { dealtWith } from "./leftover.ts";
import { observe } from "./observe.ts";
import { before, eachOf } from "./parallel.ts";
import { launcherOf } from "./prepare.ts";
import type { RunRecord } from "./record.ts";
import { type Complaints, complain } from "./swept.ts";
import type { Target } from "./target.ts";
import { noteStray } from "./writes/follow.ts";
import { hasRoom } from "./writes/parts.ts";

/** How often a place is gone through. */
const EVERY_MILLISECONDS = 10 * 60_000;
/** Things of a place that are dealt with at once. */
const AT_ONCE = 10;

/** What came of clearing up. */
interface Cleared {
  removed: number;
  stopped: number;
}

/** Goes through every place whose turn it is: what does not answer is left as it is. Targets of the same place are one. */
export async function clearUp(context: Context, signal: AbortSignal, complaints: Complaints): Promise<Cleared> {
  const { planning, clock, turns } = context;
  const places = new Map<string, Target>();
  for (const target of planning.configuration.targets) {
    const place = launcherOf(planning, target).place(target, planning.services);
    if (!places.has(place)) places.set(place, target);
  }
  const cleared = { removed: 0, stopped: 0 };
  await eachOf(places, AT_ONCE, async ([place, target]) => {
    if (signal.aborted) return;
    try {
      const now = clock.now();
      if (!(await turns.take(`clear-up#${place}`, now, now + EVERY_MILLISECONDS))) return;
    } catch (error) {
      return complaints.failed(error);
    }
    try {
      await before(signal, clearPlace({ context, target, signal, complaints, cleared }));
    } catch (error) {
      complain(complaints, target.name, error);
    }
  });
  return cleared;
}

/** What a place is gone through with. */
interface Clearing {
  readonly context: Context;
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly complaints: Complaints;
  readonly cleared: Cleared;
}

async function clearPlace(clearing: Clearing): Promise<void> {
  const { context, target, signal, complaints } = clearing;
  const { deployment } = context.planning.configuration;
  const launcher = launcherOf(context.planning, target);
  const backend = await context.backends(target);
  if (backend.owned !== undefined) {
    // The whole list before anything is done: a service that breaks off in the middle is one that does not answer.
    const all = await Array.fromAsync(backend.owned(deployment, signal));
    await eachOf(all, AT_ONCE, async (owned) => {
      if (signal.aborted) return;
      try {
        await clearOne(clearing, launcher, backend, owned);
      } catch (error) {
        complain(complaints, target.name, error);
      }
    });
  }
  if (!signal.aborted) await backend.tidy?.(deployment, signal);
}

/** The table is read after the list was made, consistently: an attempt that it has gone beyond by then is beyond doubt a stray. */
async function clearOne(clearing: Clearing, launcher: Launcher, backend: Backend, owned: Owned): Promise<void> {
  const { context, target, signal, complaints, cleared } = clearing;
  const now = context.clock.now();
  // Nothing is read for what people may still want to look at.
  if (owned.status === "ended" && owned.endedAt !== undefined && now - owned.endedAt < (launcher.keepSeconds ?? 0) * 1000) return;
  const record = await context.store.read(owned.key);
  const { key, attempt, handle } = owned;
  const what = dealtWith(owned, record, launcher, now, rememberedSeconds(context));
  switch (what.do) {
    case "nothing":
      return;
    case "remove":
      await backend.remove?.({ key, attempt, handle }, what.outcome, signal);
      cleared.removed++;
      return;
    case "stop": {
      const launched = { id: what.record.id, key, attempt, handle };
      const [seen] = await backend.inspect([launched], signal);
      if (isOver(seen)) return;
      await backend.stop(launched, "a stray", signal);
      cleared.stopped++;
      return tell(context, what.record, `attempt ${attempt} at target "${target.name}", ${handle}: ${what.why}; it was told to stop`);
    }
    case "look": {
      const launched = { id: what.record.id, key, attempt, handle };
      const [seen] = await backend.inspect([launched], signal);
      if (seen?.status !== "starting" && seen?.status !== "running") return;
      // It was looked at just now: the version that it had when it was lost is no reason against it.
      const { version: _version, ...alive } = seen;
      await observe(context, launched, alive, launcher.inspectSeconds, what.record);
      return;
    }
    case "alarm":
      return complain(complaints, target.name, `${handle} has this deployment's mark and is left alone: ${what.why}`, true);
    default: {
      const unhandled: never = what;
      return unhandled;
    }
  }
}

/**
 * The list is older than the record: whoever settled the attempt meanwhile may have taken away what it shows, and nobody was told to
 * stop then. An end that was not seen is none: something may live on.
 */
function isOver(seen: Observation | undefined): boolean {
  return seen?.status === "absent" || (seen?.status === "ended" && seen.outcome.state !== "LOST");
}

/** Once for each thing found: a stop that has no effect is repeated at every turn. */
async function tell(context: Context, record: RunRecord, message: string): Promise<void> {
  if (!hasRoom(record) || record.timeline?.some((entry) => entry.message === message)) return;
  await context.store.write(record.key, noteStray(record, message, context.clock.now()));
}
