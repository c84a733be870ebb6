/**
 * The writes before a launch, as data: a run is taken in, an attempt claimed, taken up again, or given to the next target; or it ends
 * unlaunched. Each says its condition, what it sets, and when the sweep looks next (`nextCheckAt`).
 */
import type { Failure } from "../failure.ts";
import type { RunError, RunRecord } from "../record.ts";
import { absent, all, below, type Condition, equals, type Write } from "../write.ts";
import {
  type Attempt,
  claimedEntry,
  ended,
  type Lease,
  leased,
  mine,
  type NewRun,
  room,
  roomForEnd,
  type Seen,
  seen,
  stale,
} from "./parts.ts";

/** A request taken in by a door that launches nothing itself; the wake-up is enqueued after it. */
export function accept(run: NewRun, now: number, nextCheckAt: number): Write {
  return { condition: absent("key"), set: { ...run, state: "ACCEPTED", nextCheckAt }, append: { at: now, event: "accepted" } };
}

/** A full message for a run not yet seen is launched: no read comes first. */
export function claimNew(run: NewRun, attempt: Attempt): Write {
  return { condition: absent("key"), set: { ...run, ...leased(attempt) }, append: claimedEntry(attempt) };
}

/** A run not yet seen ends in step 2: refused for good, or too late. */
export function endNew(run: NewRun, state: "REJECTED" | "EXPIRED", error: RunError, now: number, expiresAt: number): Write {
  return { condition: absent("key"), set: { ...run, state, error, endedAt: now, expiresAt }, ...roomForEnd({}, ended(state, now, error)) };
}

/** A run that has not been launched ends: refused, cancelled, or too late. */
export function endSeen(
  item: Seen & Pick<RunRecord, "timeline">,
  state: "REJECTED" | "CANCELLED" | "EXPIRED",
  error: RunError | undefined,
  now: number,
  expiresAt: number,
): Write {
  return {
    condition: seen(item),
    set: { state, endedAt: now, expiresAt, ...(error ? { error } : {}) },
    remove: ["nextCheckAt", "dueAt", "giveUpAt", "wakes", ...(error ? [] : (["error"] as const))],
    ...roomForEnd(item, ended(state, now, error)),
  };
}

/** A wake-up for a run that nothing exists of claims the next attempt. */
export function claimSeen(item: Seen & Pick<RunRecord, "timeline">, attempt: Attempt): Write {
  return {
    condition: all(seen(item), absent("cancelRequestedAt")),
    set: leased(attempt),
    remove: [
      ...stale(attempt),
      "dueAt",
      "handle",
      "links",
      "version",
      "unsettled",
      "calledAt",
      "missingAt",
      "launchedAt",
      "startedAt",
      "wakes",
    ],
    ...room(item, claimedEntry(attempt)),
  };
}

/** After so many leases in a row that ended unreturned, the run itself is suspected. */
export const LOST_LEASES_SUSPECT = 5;

const CRASHES_DISPATCHER: RunError = {
  code: "CRASHES_DISPATCHER",
  message: "the dispatcher ended five times in a row while it launched this run; it is tried every 15 minutes",
};

/** An attempt whose outcome is unknown, or whose lease ended, is taken up again: same attempt, same target. */
export function resume(
  item: Pick<RunRecord, "attempt" | "owner" | "leaseUntil" | "lostLeases" | "timeline">,
  lease: Lease & { now: number; leaseUntil: number },
): Write {
  const { now, leaseUntil, owner } = lease;
  const leaseLost = item.owner !== undefined;
  const suspect = leaseLost && (item.lostLeases ?? 0) + 1 >= LOST_LEASES_SUSPECT;
  return {
    condition: resumable(item, now),
    // Its holder made no call after the lease's end.
    set: {
      owner,
      leaseUntil,
      nextCheckAt: leaseUntil,
      ...(leaseLost ? { unsettled: true, calledAt: item.leaseUntil ?? now } : {}),
      ...(suspect ? { error: CRASHES_DISPATCHER } : {}),
    },
    remove: ["wakes"],
    ...(leaseLost ? { add: { lostLeases: 1 } } : {}),
    ...room(item, { at: now, event: leaseLost ? "resumed after a lost lease" : "resumed", attempt: item.attempt }),
  };
}

export function resumable(item: Pick<RunRecord, "attempt" | "owner">, now: number): Condition {
  return all(
    equals("state", "LAUNCHING"),
    equals("attempt", item.attempt),
    ...(item.owner === undefined ? [absent("owner")] : [equals("owner", item.owner), below("leaseUntil", now)]),
  );
}

/** The attempt was refused for want of capacity: the next target is tried in the same invocation. */
export function nextAttempt(lease: Lease & Pick<RunRecord, "timeline">, attempt: Attempt, refusal: Failure): Write {
  return {
    condition: all(mine(lease), absent("cancelRequestedAt")),
    set: leased(attempt),
    remove: [...stale(attempt), "unsettled", "calledAt"],
    ...room(lease, { ...claimedEntry(attempt), event: "fell back", code: refusal.code }),
  };
}
