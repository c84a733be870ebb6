/** Submits an attempt that is claimed, and records what came of it. */

import { attemptOf } from "./attempt.ts";
import { pauseMilliseconds } from "./backoff.ts";
import { chooseTimeout } from "./command.ts";
import { type Context, callsEndAt, callsSignal, type Invocation } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import { findLanded, lookBeforeRepeat } from "./doubt.ts";
import { Refusal, TemplateUnavailable } from "./errors.ts";
import { type Failure, isPassing } from "./failure.ts";
import type { Backend, Handle, Launch, SubmitOutcome } from "./launcher.ts";
import { launcherOf, type Prepared, prepareFor } from "./prepare.ts";
import type { RunRecord } from "./record.ts";
import { fallbacks } from "./route.ts";
import type { RunRequest } from "./run.ts";
import { acceptedBy, rejectedFor, unknownAfter, waitingFor } from "./settle.ts";
import { clipped } from "./text.ts";
import { nextAttempt } from "./writes/claim.ts";

/** Throttling and passing errors are retried within the invocation for at most so long. */
const RETRY_MILLISECONDS = 10_000;

/** What a backend is told of an attempt. */
export function launchOf(context: Context, item: RunRecord, prepared: Prepared, invocation: Invocation, timeoutSeconds?: number): Launch {
  return {
    deployment: context.planning.configuration.deployment,
    id: item.id,
    key: item.key,
    attempt: item.attempt,
    planDigest: item.planDigest ?? prepared.planDigest,
    signal: callsSignal(context, invocation),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/** Launches a claimed attempt; when its target lacks capacity, goes on to the fallback targets with new attempts. */
export async function launch(
  context: Context,
  claimed: RunRecord,
  request: RunRequest,
  first: Prepared,
  invocation: Invocation,
): Promise<Dispatched> {
  let item = claimed;
  let prepared = first;
  const further = [...fallbacks(request, first.target, routing(context, item))];
  for (;;) {
    const outcome = await submitted(context, item, request, prepared, invocation);
    switch (outcome.status) {
      case "accepted":
        return acceptedBy(context, item, prepared, outcome.handle, outcome.calledAt, invocation);
      case "unknown":
        return unknownAfter(context, item, outcome.failure, outcome.calledAt, invocation);
      case "refused":
        break;
      default: {
        const unhandled: never = outcome;
        return unhandled;
      }
    }
    const { failure } = outcome;
    if (!isPassing(failure.class)) return rejectedFor(context, item, failure, invocation);
    const next = failure.class === "capacity" ? await nextPlan(context, item, request, further) : undefined;
    if (next === undefined || context.clock.now() >= callsEndAt(context, invocation))
      return waitingFor(context, item, first.target, failure, invocation);
    const attempt = attemptOf(context, next, item.attempt + 1, context.clock.now(), invocation);
    const claim = await context.store.write(item.key, nextAttempt({ ...item, owner: item.owner ?? "" }, attempt, failure));
    if (!claim.applied && claim.item?.owner !== attempt.owner) {
      // A cancel came meanwhile: nothing exists, so the run waits, and the cancel ends it.
      return claim.item?.cancelRequestedAt === undefined
        ? { ...facts(claim.item ?? item), outcome: "settled by an event" }
        : waitingFor(context, item, first.target, failure, invocation);
    }
    item = claim.item as RunRecord;
    prepared = next;
  }
}

function routing(context: Context, item: RunRecord) {
  const { planning } = context;
  return {
    targets: planning.configuration.targets,
    launcherOf: (target: Prepared["target"]) => launcherOf(planning, target),
    ...(item.senderTargets === undefined ? {} : { senderTargets: item.senderTargets }),
  };
}

/** The plan for the next fallback target that can take the run. */
async function nextPlan(
  context: Context,
  item: RunRecord,
  request: RunRequest,
  further: Prepared["target"][],
): Promise<Prepared | undefined> {
  for (let target = further.shift(); target !== undefined; target = further.shift()) {
    try {
      return await prepareFor(context.planning, request, item.attempt + 1, target);
    } catch (error) {
      // A fallback that can't take this run, or not now, is passed over; the first target's own reason is what the run waits for.
      if (!(error instanceof Refusal || error instanceof TemplateUnavailable)) throw error;
    }
  }
  return undefined;
}

/** What came of an attempt's calls; `calledAt` is when the last that stayed unanswered was made, at the latest. */
type AttemptOutcome =
  | Extract<SubmitOutcome, { status: "refused" }>
  | { readonly status: "accepted"; readonly handle: Handle; readonly calledAt?: number }
  | { readonly status: "unknown"; readonly failure: Failure; readonly calledAt: number };

/** The target's backend, or why there is none: a credential or secret that can't be had, a library that can't be loaded. */
export async function connect(
  context: Context,
  prepared: Prepared,
): Promise<{ readonly backend: Backend; readonly failure?: undefined } | { readonly failure: Failure; readonly backend?: undefined }> {
  try {
    return { backend: await context.backends(prepared.target) };
  } catch (error) {
    if (error instanceof Refusal) return { failure: { class: "invalid", code: error.code, message: error.message, recognised: true } };
    const { name, message } = error instanceof Error ? error : new Error("not an error");
    return { failure: { class: "unavailable", code: "NOT_CONNECTED", message: clipped(`${name}: ${message}`, 500), recognised: false } };
  }
}

/**
 * One attempt's outcome. Once a call stayed unanswered, only an acceptance, a refusal bound to the key, or a look that finds
 * nothing a landing time later settles it: a throttle, denial or invalid answer after it says nothing of the first call.
 */
async function submitted(
  context: Context,
  item: RunRecord,
  request: RunRequest,
  prepared: Prepared,
  invocation: Invocation,
): Promise<AttemptOutcome> {
  const { clock } = context;
  const connected = await connect(context, prepared);
  if (connected.failure !== undefined) {
    // Nothing was sent now; what was sent before stays in doubt.
    return item.unsettled
      ? { status: "unknown", failure: connected.failure, calledAt: item.calledAt ?? clock.now() }
      : { status: "refused", failure: connected.failure };
  }
  const { backend } = connected;
  const run = { deployment: context.planning.configuration.deployment, key: item.key, attempt: item.attempt, request };
  const launching = launchOf(context, item, prepared, invocation, chooseTimeout(run, prepared.target));
  const until = Math.min(clock.now() + RETRY_MILLISECONDS, callsEndAt(context, invocation));
  const { repeatsAfterLooks } = prepared.launcher;
  let calledAt = item.unsettled ? (item.calledAt ?? clock.now()) : undefined;
  if (calledAt !== undefined && repeatsAfterLooks) {
    const verdict = await lookBeforeRepeat(backend, prepared, item, launching, () => clock.now());
    if (verdict.status === "accepted") return { ...verdict, calledAt };
    if (verdict.status === "unknown") return verdict;
    calledAt = undefined;
  }
  let failure: Failure | undefined;
  for (let tries = 0; ; tries++) {
    if (clock.now() >= callsEndAt(context, invocation)) {
      const late = failure ?? {
        class: "unavailable",
        code: "NO_TIME",
        message: "the invocation had no time left for the call",
        recognised: true,
      };
      return calledAt === undefined ? { status: "refused", failure: late } : { status: "unknown", failure: late, calledAt };
    }
    const outcome = await backend.submit(prepared.plan, launching);
    if (outcome.status === "accepted") return { ...outcome, ...(calledAt === undefined ? {} : { calledAt }) };
    failure = outcome.failure;
    if (outcome.status === "unknown") calledAt = clock.now();
    else if (outcome.boundToKey) return outcome;
    else if (calledAt !== undefined) {
      const found = await findLanded(backend, prepared, launching, calledAt, clock.now());
      if (found?.status === "found") return { status: "accepted", handle: found.handle, calledAt };
      if (found?.status === "absent") calledAt = undefined;
    }
    if (calledAt !== undefined && repeatsAfterLooks) return { status: "unknown", failure, calledAt };
    const retried = calledAt !== undefined || failure.class === "throttled" || failure.class === "unavailable";
    const pause = Math.max(pauseMilliseconds(tries, clock.random()), (failure.retryAfterSeconds ?? 0) * 1000);
    if (!retried || clock.now() + pause >= until)
      return calledAt === undefined ? { status: "refused", failure } : { status: "unknown", failure, calledAt };
    await clock.sleep(pause, launching.signal);
  }
}
