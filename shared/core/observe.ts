/** What was seen of a launched attempt, folded into its record. A late or repeated observation changes nothing. */
import { type Context, expiresAt } from "./context.ts";
import type { Launched, Observation } from "./launcher.ts";
import type { ActiveRun, RunRecord } from "./record.ts";
import { markLost, noteMissing, observeAlive, observeEnded } from "./writes/observe.ts";

/** Services are slow to know what they have just launched: before this age, and when seen once only, absence means nothing. */
const MISSING_MILLISECONDS = 5 * 60_000;

/** What is known of a run when an observation of it comes in. */
export type Observed = Pick<ActiveRun, "state" | "launchedAt" | "missingAt"> & {
  /** The place that was asked: another place knows nothing of the run, which proves nothing. */
  readonly place?: string;
};

/** Folds one observation in. Returns the record as it is then, or undefined where nothing was written. */
export async function observe(
  context: Context,
  launched: Launched,
  observation: Observation,
  inspectSeconds: number,
  known?: Observed,
): Promise<RunRecord | undefined> {
  const now = context.clock.now();
  switch (observation.status) {
    case "starting":
    case "running": {
      const state = observation.status === "running" ? "RUNNING" : "LAUNCHED";
      if (known?.state === state && known.missingAt === undefined) return undefined;
      const evidence = { attempt: launched.attempt, now, handle: observation.handle, ...versionOf(observation) };
      const write = observeAlive(evidence, state, observation.startedAt, now + inspectSeconds * 1000);
      return (await context.store.write(launched.key, write)).item;
    }
    case "ended": {
      const evidence = { attempt: launched.attempt, now, handle: observation.handle, ...versionOf(observation) };
      const { endedAt, startedAt, outcome } = observation;
      const times = { endedAt, expiresAt: expiresAt(context, endedAt), ...(startedAt === undefined ? {} : { startedAt }) };
      return (await context.store.write(launched.key, observeEnded(evidence, outcome, times))).item;
    }
    case "absent":
      return known === undefined ? undefined : missing(context, launched, known, now, inspectSeconds);
    case "unknown":
      // The service did not answer: that says nothing about the run.
      return undefined;
    default: {
      const unhandled: never = observation;
      return unhandled;
    }
  }
}

function versionOf(observation: { readonly version?: number }): { version?: number } {
  return observation.version === undefined ? {} : { version: observation.version };
}

async function missing(
  context: Context,
  launched: Launched,
  known: Observed,
  now: number,
  inspectSeconds: number,
): Promise<RunRecord | undefined> {
  if (known.launchedAt === undefined || known.state === undefined || now - known.launchedAt < MISSING_MILLISECONDS) return undefined;
  const place = known.place === undefined ? {} : { place: known.place };
  const item = { attempt: launched.attempt, state: known.state, handle: launched.handle, ...place };
  if (known.missingAt === undefined)
    return (await context.store.write(launched.key, noteMissing(item, now, now + inspectSeconds * 1000))).item;
  const reason = "the target no longer knows it, and its end was not seen";
  return (await context.store.write(launched.key, markLost(item, reason, { now, expiresAt: expiresAt(context, now) }))).item;
}
