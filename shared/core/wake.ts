/** What a wake-up, or a duplicate of the request, does to a run that the table holds. */

import { attemptOf, errorOf, judge, type Verdict } from "./attempt.ts";
import { type Context, expiresAt, type Invocation, launchesUntil, leaseUntil } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import { orRefusal, Refusal } from "./errors.ts";
import { runKey } from "./identity.ts";
import { launch } from "./launch.ts";
import type { RunError, RunRecord } from "./record.ts";
import { resumeAttempt } from "./resume.ts";
import type { RunRequest } from "./run.ts";
import { stopRun } from "./stop.ts";
import { claimSeen, endSeen, LOST_LEASES_SUSPECT } from "./writes/claim.ts";

/** A wake-up by id: reads the run first. One for a run that the table does not hold is acknowledged. */
export async function dispatchWake(context: Context, id: string, invocation: Invocation): Promise<Dispatched> {
  const item = await context.store.read(runKey(id));
  if (item === undefined || item.digest === undefined) return { outcome: "absent", id };
  return wake(context, item, invocation);
}

/** Goes on with a run wherever it stands. Before its time, or while another works on it, that is nothing: the sweep comes back. */
export async function wake(context: Context, item: RunRecord, invocation: Invocation): Promise<Dispatched> {
  if (context.clock.now() >= launchesUntil(context, invocation)) return { ...facts(item), outcome: "no time" };
  switch (item.state) {
    case "ACCEPTED":
    case "WAITING":
      return wakeUnlaunched(context, item, invocation);
    case "LAUNCHING":
      return wakeLaunching(context, item, invocation);
    case "LAUNCHED":
    case "RUNNING":
      return item.cancelRequestedAt === undefined ? { ...facts(item), outcome: "duplicate" } : stopRun(context, item, invocation);
    case "SUCCEEDED":
    case "FAILED":
    case "CANCELLED":
    case "LOST":
    case "REJECTED":
    case "EXPIRED":
    case undefined:
      return { ...facts(item), outcome: "duplicate" };
    default: {
      const unhandled: never = item.state;
      return unhandled;
    }
  }
}

async function wakeUnlaunched(context: Context, item: RunRecord, invocation: Invocation): Promise<Dispatched> {
  const now = context.clock.now();
  const { clock, store } = context;
  if (item.cancelRequestedAt !== undefined) {
    const result = await store.write(item.key, endSeen(item, "CANCELLED", undefined, now, expiresAt(context, now)));
    return { ...facts(result.item ?? item), outcome: result.applied ? "cancelled" : "duplicate" };
  }
  if (item.dueAt !== undefined && now < item.dueAt) return { ...facts(item), outcome: "not due" };
  if (item.giveUpAt !== undefined && now >= item.giveUpAt) {
    const error = {
      code: "GAVE_UP",
      message: `waited in vain: ${item.error?.message ?? "no reason noted"}`,
      class: item.error?.class ?? "unknown",
    } as const;
    const result = await store.write(item.key, endSeen(item, "REJECTED", error, now, expiresAt(context, now)));
    return { ...facts(result.item ?? item), outcome: result.applied ? "rejected" : "duplicate", code: error.code };
  }
  if (item.request === undefined) throw new Error("a run with a digest has no request");
  const next = item.attempt + 1;
  const request = await orRefusal(context.requests.open(item.request, item.id));
  const verdict: Verdict =
    request instanceof Refusal
      ? { kind: "ended", state: "REJECTED", error: errorOf(request) }
      : await judge(context, request, item.senderTargets, now, next, item.reopenedAt !== undefined);
  if (verdict.kind === "later") return { ...facts(item), outcome: "not due", code: verdict.error.code };
  if (verdict.kind === "ended") {
    const error = verdict.state === "EXPIRED" ? withWhatKept(verdict.error, item.error) : verdict.error;
    const result = await store.write(item.key, endSeen(item, verdict.state, error, now, expiresAt(context, now)));
    const outcome = verdict.state === "REJECTED" ? "rejected" : "expired";
    return { ...facts(result.item ?? item), outcome: result.applied ? outcome : "duplicate", code: verdict.error.code };
  }
  const attempt = attemptOf(context, verdict.prepared, next, clock.now(), invocation);
  const claimed = await store.write(item.key, claimSeen(item, attempt));
  if (!claimed.applied && claimed.item?.owner !== attempt.owner) {
    const current = claimed.item ?? item;
    // A cancel came between the read and the claim.
    if (current.state === item.state && current.attempt === item.attempt && current.cancelRequestedAt !== undefined) {
      return wakeUnlaunched(context, current, invocation);
    }
    return { ...facts(current), outcome: "duplicate" };
  }
  return launch(context, claimed.item as RunRecord, request as RunRequest, verdict.prepared, invocation);
}

/** That its time has passed is the end of a story: what it waited for meanwhile, be it after attempts that never started, is told too. */
function withWhatKept(expired: RunError, kept: RunError | undefined): RunError {
  return kept === undefined ? expired : { ...expired, message: `${expired.message}; until then: ${kept.code}, ${kept.message}` };
}

/** A suspected run is taken up only every 15 minutes. */
const SUSPECT_GAP = 15 * 60_000;

async function wakeLaunching(context: Context, item: RunRecord, invocation: Invocation): Promise<Dispatched> {
  const now = context.clock.now();
  const suspect = (item.lostLeases ?? 0) >= LOST_LEASES_SUSPECT ? SUSPECT_GAP : 0;
  const from = item.owner === undefined ? (item.dueAt ?? 0) : (item.leaseUntil ?? 0) + 1 + suspect;
  // A cancel does not wait for the backoff of an unknown outcome, only for a live lease.
  const early = now < from && !(item.owner === undefined && item.cancelRequestedAt !== undefined);
  if (early) return { ...facts(item), outcome: "not due", ...(suspect ? { code: "CRASHES_DISPATCHER", alarm: true } : {}) };
  return resumeAttempt(context, item, { now, owner: context.newOwner(), leaseUntil: leaseUntil(context, invocation) }, invocation);
}
