/** An attempt that never started, for a reason that may pass, is followed by another one: a few times, and not where it was cancelled. */
import { waitMilliseconds } from "./backoff.ts";
import type { Context } from "./context.ts";
import type { WriteResult } from "./ports.ts";
import type { RunOutcome, RunRecord } from "./record.ts";
import { clipped } from "./text.ts";
import { type Evidence, relaunch } from "./writes/observe.ts";
import { LONGEST_REASON } from "./writes/parts.ts";

/** What becomes of an end: it is done with, since another attempt follows, or this is how it is recorded. */
export async function afterNeverStarted(
  context: Context,
  key: string,
  evidence: Evidence,
  outcome: RunOutcome,
  known: RunRecord | undefined,
): Promise<{ readonly done: WriteResult; readonly outcome?: undefined } | { readonly done?: undefined; readonly outcome: RunOutcome }> {
  if (outcome.state !== "FAILED" || outcome.neverStarted !== true) return { outcome };
  const { planning, clock, store } = context;
  const item = known ?? (await store.read(key));
  if (item === undefined || item.attempt !== evidence.attempt) return { outcome };
  // Nothing of it ever ran, and nothing was to.
  if (item.cancelRequestedAt !== undefined) return { outcome: { state: "CANCELLED" } };
  const most = planning.configuration.targets.find(({ name }) => name === item.target)?.relaunch ?? 0;
  if (most <= 0) return { outcome };
  const { failure } = outcome;
  const error = {
    code: "NEVER_STARTED",
    message: clipped(failure.reason, LONGEST_REASON),
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
  };
  const wait = waitMilliseconds(item.relaunches ?? 0, planning.configuration.timing.waitScale, clock.random());
  const seen = item.timeline === undefined ? evidence : { ...evidence, timeline: item.timeline };
  const done = await store.write(key, relaunch(seen, most, error, evidence.now + wait));
  if (done.applied) return { done };
  return done.item?.cancelRequestedAt === undefined || done.item.attempt !== evidence.attempt
    ? { outcome }
    : { outcome: { state: "CANCELLED" } };
}
