/**
 * Every write of the run table, as data: its condition, what it sets, and when the sweep looks next (`nextCheckAt`).
 * No other code decides what is written. `mine`: the attempt is ours. `seen`: nothing changed since it was read.
 */
import type { Failure } from "./failure.ts";
import type { Handle } from "./launcher.ts";
import type { RunAttribute, RunError, RunOutcome, RunRecord, TimelineEntry } from "./record.ts";
import { observableBefore, type RunState } from "./run-state.ts";
import { absent, all, any, below, type Condition, equals, oneOf, present, type Write } from "./write.ts";

/** What is known of a run from its request alone; part of whichever write comes first. */
export type NewRun = Pick<
  RunRecord,
  "id" | "attempt" | "digest" | "request" | "labels" | "type" | "createdAt" | "activeShard" | "recentShard"
> &
  Partial<Pick<RunRecord, "name" | "flowName" | "senderTargets">>;

/** An attempt about to be made: the lease and where it goes. */
export interface Attempt {
  readonly attempt: number;
  readonly now: number;
  readonly owner: string;
  readonly leaseUntil: number;
  readonly target: string;
  readonly launcher: string;
  readonly place: string;
  readonly planDigest: string;
  readonly template?: NonNullable<RunRecord["template"]>;
}

/** What `seen` compares. */
export type Seen = Pick<RunRecord, "attempt" | "state">;

/** The lease that `mine` compares. */
export interface Lease {
  readonly attempt: number;
  readonly owner: string;
}

const LEASE: readonly RunAttribute[] = ["owner", "leaseUntil"];
const UNSETTLED: readonly RunAttribute[] = [...LEASE, "unsettled", "calledAt"];
const PENDING: readonly RunAttribute[] = [...UNSETTLED, "dueAt", "giveUpAt", "tries", "lostLeases", "wakes", "error"];
/** A run's history is a help, not a log: it stops growing where it would fill the item. */
const LONGEST_TIMELINE = 100;

function mine(lease: Lease): Condition {
  return all(equals("state", "LAUNCHING"), equals("attempt", lease.attempt), equals("owner", lease.owner));
}

function seen(item: Seen): Condition {
  return all(item.state === undefined ? absent("state") : equals("state", item.state), equals("attempt", item.attempt));
}

/** What an earlier attempt left that this one has not. */
function stale(attempt: Attempt): readonly RunAttribute[] {
  return attempt.template === undefined ? ["template"] : [];
}

function leased(attempt: Attempt): Partial<RunRecord> {
  const { now, ...rest } = attempt;
  return { ...rest, state: "LAUNCHING", attemptAt: now, nextCheckAt: attempt.leaseUntil };
}

function claimedEntry(attempt: Attempt): TimelineEntry {
  return { at: attempt.now, event: "claimed", attempt: attempt.attempt, target: attempt.target };
}

/** The entry, where the timeline has room for it. */
function room(item: Pick<RunRecord, "timeline">, entry: TimelineEntry): Pick<Write, "append"> {
  return (item.timeline?.length ?? 0) < LONGEST_TIMELINE ? { append: entry } : {};
}

/** A full message for a run not yet seen is launched: no read comes first. */
export function claimNew(run: NewRun, attempt: Attempt): Write {
  return { condition: absent("key"), set: { ...run, ...leased(attempt) }, append: claimedEntry(attempt) };
}

/** A run not yet seen ends in step 2: refused for good, or too late. */
export function endNew(run: NewRun, state: "REJECTED" | "EXPIRED", error: RunError, now: number, expiresAt: number): Write {
  return { condition: absent("key"), set: { ...run, state, error, endedAt: now, expiresAt }, append: ended(state, now, error) };
}

/** A run that has not been launched ends: refused, cancelled, or too late. */
export function endSeen(
  item: Seen,
  state: "REJECTED" | "CANCELLED" | "EXPIRED",
  error: RunError | undefined,
  now: number,
  expiresAt: number,
): Write {
  return {
    condition: seen(item),
    set: { state, endedAt: now, expiresAt, ...(error ? { error } : {}) },
    remove: ["nextCheckAt", "dueAt", "giveUpAt", "wakes", ...(error ? [] : (["error"] as const))],
    append: ended(state, now, error),
  };
}

function ended(state: RunState, now: number, error: RunError | undefined): TimelineEntry {
  return { at: now, event: state.toLowerCase(), ...(error ? { code: error.code, message: error.message } : {}) };
}

/** A wake-up for a run that nothing exists of claims the next attempt. */
export function claimSeen(item: Seen, attempt: Attempt): Write {
  return {
    condition: all(seen(item), absent("cancelRequestedAt")),
    set: leased(attempt),
    remove: [...stale(attempt), "dueAt", "handle", "links", "version", "unsettled", "calledAt", "missingAt", "launchedAt", "startedAt", "wakes"],
    append: claimedEntry(attempt),
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
    set: { owner, leaseUntil, nextCheckAt: leaseUntil, ...(leaseLost ? { unsettled: true, calledAt: item.leaseUntil ?? now } : {}), ...(suspect ? { error: CRASHES_DISPATCHER } : {}) },
    remove: ["wakes"],
    ...(leaseLost ? { add: { lostLeases: 1 } } : {}),
    ...room(item, { at: now, event: leaseLost ? "resumed after a lost lease" : "resumed", attempt: item.attempt }),
  };
}

function resumable(item: Pick<RunRecord, "attempt" | "owner">, now: number): Condition {
  return all(
    equals("state", "LAUNCHING"),
    equals("attempt", item.attempt),
    ...(item.owner === undefined ? [absent("owner")] : [equals("owner", item.owner), below("leaseUntil", now)]),
  );
}

/** The attempt was refused for want of capacity: the next target is tried in the same invocation. */
export function nextAttempt(lease: Lease, attempt: Attempt, refusal: Failure): Write {
  return {
    condition: all(mine(lease), absent("cancelRequestedAt")),
    set: leased(attempt),
    remove: [...stale(attempt), "unsettled", "calledAt"],
    append: { ...claimedEntry(attempt), event: "fell back", code: refusal.code },
  };
}

/** The launch was accepted. */
export function recordAccepted(lease: Lease, handle: Handle, now: number, nextCheckAt: number): Write {
  return {
    condition: mine(lease),
    set: { state: "LAUNCHED", handle: handle.id, ...(handle.links ? { links: handle.links } : {}), launchedAt: now, nextCheckAt },
    remove: PENDING,
    append: { at: now, event: "launched", attempt: lease.attempt },
  };
}

/** The launch may have happened, by a call made no later than `calledAt`. */
export function recordUnknown(
  item: Lease & Pick<RunRecord, "timeline">,
  error: RunError,
  times: { now: number; calledAt: number; dueAt: number },
): Write {
  const { now, calledAt, dueAt } = times;
  return {
    condition: mine(item),
    set: { unsettled: true, calledAt, dueAt, error, nextCheckAt: dueAt },
    add: { tries: 1 },
    remove: [...LEASE, "lostLeases"],
    ...room(item, { at: now, event: "outcome unknown", attempt: item.attempt, code: error.code }),
  };
}

/** Nothing was launched, and the reason may pass. */
export function recordWaiting(
  item: Lease & Pick<RunRecord, "timeline">,
  error: RunError,
  times: { now: number; dueAt: number; giveUpAt?: number; nextCheckAt: number },
): Write {
  return {
    condition: mine(item),
    set: { state: "WAITING", dueAt: times.dueAt, error, nextCheckAt: times.nextCheckAt },
    ...(times.giveUpAt === undefined ? {} : { setOnce: { giveUpAt: times.giveUpAt } }),
    add: { tries: 1 },
    remove: [...UNSETTLED, "lostLeases", ...(times.giveUpAt === undefined ? (["giveUpAt"] as const) : [])],
    ...room(item, { at: times.now, event: "waiting", attempt: item.attempt, code: error.code }),
  };
}

/** Nothing was launched, and nothing will be. */
export function recordRejected(lease: Lease, error: RunError, now: number, expiresAt: number): Write {
  return {
    condition: mine(lease),
    set: { state: "REJECTED", error, endedAt: now, expiresAt },
    remove: [...UNSETTLED, "nextCheckAt", "dueAt", "giveUpAt"],
    append: ended("REJECTED", now, error),
  };
}

/** Evidence of one attempt, from an event or from asking. */
export interface Evidence {
  readonly attempt: number;
  readonly handle: Handle;
  readonly version?: number;
  readonly now: number;
}

function observes(evidence: Evidence, next: RunState): Condition {
  return all(
    equals("attempt", evidence.attempt),
    oneOf("state", observableBefore(next)),
    ...(evidence.version === undefined ? [] : [any(absent("version"), below("version", evidence.version))]),
    any(absent("handle"), equals("handle", evidence.handle.id)),
  );
}

function evident(evidence: Evidence): Partial<RunRecord> {
  const { handle, version } = evidence;
  return { handle: handle.id, ...(handle.links ? { links: handle.links } : {}), ...(version === undefined ? {} : { version }) };
}

/** The attempt was seen alive. */
export function observeAlive(evidence: Evidence, state: "LAUNCHED" | "RUNNING", startedAt: number | undefined, nextCheckAt: number): Write {
  return {
    condition: observes(evidence, state),
    set: { state, ...evident(evidence), nextCheckAt, ...(startedAt === undefined ? {} : { startedAt }) },
    setOnce: { launchedAt: startedAt ?? evidence.now },
    remove: [...PENDING, "missingAt", "expiresAt", "endedAt"],
    append: { at: evidence.now, event: state.toLowerCase(), attempt: evidence.attempt },
  };
}

/** The attempt was seen to have ended. */
export function observeEnded(
  evidence: Evidence,
  outcome: RunOutcome,
  times: { startedAt?: number; endedAt: number; expiresAt: number },
): Write {
  const { exitCode, failure, message } = told(outcome);
  return {
    condition: observes(evidence, outcome.state),
    set: {
      state: outcome.state,
      ...evident(evidence),
      endedAt: times.endedAt,
      expiresAt: times.expiresAt,
      ...(times.startedAt === undefined ? {} : { startedAt: times.startedAt }),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(failure === undefined ? {} : { failure }),
      ...(outcome.state === "LOST" ? { error: { code: "LOST", message: outcome.reason } } : {}),
    },
    setOnce: { launchedAt: times.startedAt ?? evidence.now },
    remove: [...PENDING.filter((name) => outcome.state !== "LOST" || name !== "error"), "missingAt", "nextCheckAt"],
    append: { at: evidence.now, event: outcome.state.toLowerCase(), attempt: evidence.attempt, ...(message ? { message } : {}) },
  };
}

function told(outcome: RunOutcome): { exitCode?: number; failure?: RunRecord["failure"]; message?: string } {
  switch (outcome.state) {
    case "SUCCEEDED":
      return { exitCode: outcome.exitCode };
    case "FAILED":
      return {
        failure: outcome.failure,
        message: outcome.failure.reason,
        ...(outcome.failure.exitCode === undefined ? {} : { exitCode: outcome.failure.exitCode }),
      };
    case "CANCELLED":
      return outcome.exitCode === undefined ? {} : { exitCode: outcome.exitCode };
    case "LOST":
      return { message: outcome.reason };
    default: {
      const unhandled: never = outcome;
      return unhandled;
    }
  }
}

/** The launched attempt is still the one that was asked about, in the place that was asked. */
function asked(item: Pick<RunRecord, "attempt" | "state" | "handle" | "place">): Condition {
  return all(seen(item), equals("handle", item.handle ?? ""), ...(item.place === undefined ? [] : [equals("place", item.place)]));
}

/** The service did not know the handle: noted once; counts only when it is so again later. */
export function noteMissing(item: Pick<RunRecord, "attempt" | "state" | "handle" | "place">, now: number, nextCheckAt: number): Write {
  return { condition: asked(item), set: { missingAt: now, nextCheckAt } };
}

/** Nothing was seen of an attempt for so long that nothing can be said of it any more. */
export function markLost(
  item: Pick<RunRecord, "attempt" | "state" | "handle" | "owner" | "place">,
  reason: string,
  times: { now: number; expiresAt: number },
): Write {
  return {
    condition: item.handle === undefined ? resumable(item, times.now) : asked(item),
    set: { state: "LOST", endedAt: times.now, expiresAt: times.expiresAt, error: { code: "LOST", message: reason } },
    remove: [...PENDING.filter((name) => name !== "error"), "nextCheckAt"],
    append: { at: times.now, event: "lost", attempt: item.attempt, message: reason },
  };
}

/** A cancel is a field, not a state: whoever acts next on the run sees it. */
export function requestCancel(now: number): Write {
  return {
    condition: oneOf("state", ["ACCEPTED", "WAITING", "LAUNCHING", "LAUNCHED", "RUNNING"]),
    set: { nextCheckAt: now },
    setOnce: { cancelRequestedAt: now },
    append: { at: now, event: "cancel requested" },
  };
}

/** A cancel for an id not yet seen: the request that comes later never launches. */
export function tombstone(id: string, now: number, expiresAt: number): Write {
  return { condition: absent("key"), set: { id, attempt: 0, cancelRequestedAt: now, expiresAt } };
}

/** The request that its cancel had overtaken. */
export function cancelTombstone(run: NewRun, now: number, expiresAt: number): Write {
  return {
    condition: all(present("key"), absent("digest")),
    set: { ...run, state: "CANCELLED", endedAt: now, expiresAt },
    append: ended("CANCELLED", now, undefined),
  };
}

/** The sweep takes a run up: of two sweeps one does. */
export function bump(nextCheckAt: number, next: number): Write {
  return { condition: equals("nextCheckAt", nextCheckAt), set: { nextCheckAt: next }, add: { wakes: 1 } };
}

/** A request taken in by a door that launches nothing itself; the wake-up is enqueued after it. */
export function accept(run: NewRun, now: number, nextCheckAt: number): Write {
  return { condition: absent("key"), set: { ...run, state: "ACCEPTED", nextCheckAt }, append: { at: now, event: "accepted" } };
}

/** The attempt never started, for a reason that may pass: a new attempt follows. */
export function relaunch(evidence: Evidence, most: number, error: RunError, dueAt: number): Write {
  return {
    condition: all(observes(evidence, "WAITING"), any(absent("relaunches"), below("relaunches", most)), absent("cancelRequestedAt")),
    set: { state: "WAITING", dueAt, error, nextCheckAt: dueAt },
    add: { relaunches: 1 },
    remove: [...UNSETTLED, "handle", "links", "version", "launchedAt", "startedAt", "missingAt", "wakes", "expiresAt", "endedAt"],
    append: { at: evidence.now, event: "relaunch", attempt: evidence.attempt, code: error.code, message: error.message },
  };
}

/** An operator's word that a run that was refused, expired or lost may be launched again. */
export function reopen(item: Seen, now: number): Write {
  return {
    condition: seen(item),
    set: { state: "WAITING", dueAt: now, nextCheckAt: now, relaunches: 0, reopenedAt: now },
    remove: ["cancelRequestedAt", "giveUpAt", "expiresAt", "endedAt", "error", "failure", "exitCode"],
    append: { at: now, event: "reopened" },
  };
}
