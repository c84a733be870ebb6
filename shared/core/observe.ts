/** What was seen of a launched attempt, folded into its record. A late or repeated observation changes nothing. */
import { type Context, expiresAt } from "./context.ts";
import type { Launched, Observation } from "./launcher.ts";
import type { WriteResult } from "./ports.ts";
import type { RunOutcome, RunRecord } from "./record.ts";
import { afterNeverStarted } from "./relaunch.ts";
import { noteEnding } from "./writes/follow.ts";
import { type Evidence, markLost, noteMissing, observeAlive, observeEnded } from "./writes/observe.ts";

/** Services are slow to know what they have just launched: before this age, and when seen once only, absence means nothing. */
const MISSING_MILLISECONDS = 5 * 60_000;

/** The attempt that was seen. */
type Attempt = Pick<Launched, "key" | "attempt"> & Partial<Launched>;
type Alive = Extract<Observation, { readonly status: "starting" | "running" }>;
type Ended = Extract<Observation, { readonly status: "ended" }>;

/**
 * Folds one observation in. `known` is the record as it was read, where it was; without it, as for an event, nothing is read first.
 * Undefined where there was nothing to write.
 */
export async function observe(
  context: Context,
  launched: Attempt,
  observation: Observation,
  inspectSeconds: number,
  known?: RunRecord,
): Promise<WriteResult | undefined> {
  switch (observation.status) {
    case "starting":
    case "running":
      return alive(context, launched, observation, inspectSeconds, known);
    case "ended":
      return ended(context, launched, observation, known);
    case "absent":
      return known === undefined ? undefined : missing(context, launched, known, inspectSeconds);
    case "unknown":
      // The service did not answer: that says nothing about the run.
      return undefined;
    default: {
      const unhandled: never = observation;
      return unhandled;
    }
  }
}

function evidenceOf(context: Context, launched: Attempt, { handle, version }: Alive | Ended, known: RunRecord | undefined): Evidence {
  return {
    attempt: launched.attempt,
    now: context.clock.now(),
    handle,
    ...(version === undefined ? {} : { version }),
    ...(known?.timeline === undefined ? {} : { timeline: known.timeline }),
  };
}

async function alive(
  context: Context,
  launched: Attempt,
  seen: Alive,
  inspectSeconds: number,
  known: RunRecord | undefined,
): Promise<WriteResult | undefined> {
  const state = seen.status === "running" ? "RUNNING" : "LAUNCHED";
  const evidence = evidenceOf(context, launched, seen, known);
  const isNews = known?.state !== state || known.missingAt !== undefined || known.error !== undefined;
  const nextCheckAt = evidence.now + inspectSeconds * 1000;
  const result = isNews ? await context.store.write(launched.key, observeAlive(evidence, state, seen.startedAt, nextCheckAt)) : undefined;
  if (seen.ending === undefined || known?.ending !== undefined) return result;
  const noted = await context.store.write(launched.key, noteEnding(launched.attempt, seen.handle.id, seen.ending, evidence.now));
  return noted.applied ? noted : (result ?? noted);
}

async function ended(context: Context, launched: Attempt, seen: Ended, known: RunRecord | undefined): Promise<WriteResult | undefined> {
  const evidence = evidenceOf(context, launched, seen, known);
  const again = await afterNeverStarted(context, launched.key, evidence, seen.outcome, known);
  return again.done ?? recordEnd(context, launched.key, evidence, { ...seen, outcome: again.outcome }, known);
}

async function recordEnd(
  context: Context,
  key: string,
  evidence: Evidence,
  { endedAt, startedAt, outcome }: { readonly endedAt: number; readonly startedAt?: number; readonly outcome: RunOutcome },
  known: Pick<RunRecord, "stopping"> | undefined,
): Promise<WriteResult> {
  // Remembered from now on: the service's clock may be wrong, and the end long past.
  const times = { endedAt, expiresAt: expiresAt(context, evidence.now), ...(startedAt === undefined ? {} : { startedAt }) };
  const write = (stopping: RunRecord["stopping"]) => context.store.write(key, observeEnded(evidence, outcome, times, stopping));
  const result = await write(known?.stopping);
  const { item } = result;
  // An event knows nothing of a stop that was noted: the refused write tells.
  const missed = !result.applied && item?.attempt === evidence.attempt && item.stopping !== undefined && known?.stopping === undefined;
  return missed ? write(item.stopping) : result;
}

async function missing(context: Context, launched: Attempt, known: RunRecord, inspectSeconds: number): Promise<WriteResult | undefined> {
  const now = context.clock.now();
  if (known.launchedAt === undefined || now - known.launchedAt < MISSING_MILLISECONDS) return undefined;
  if (known.missingAt === undefined) return context.store.write(launched.key, noteMissing(known, now, now + inspectSeconds * 1000));
  const reason = "the target no longer knows it, and its end was not seen";
  return context.store.write(launched.key, markLost(known, reason, { now, expiresAt: expiresAt(context, now) }));
}
