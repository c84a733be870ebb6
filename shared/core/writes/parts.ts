/** What the writes of the run table are made of. `mine`: the attempt is ours. `seen`: nothing changed since it was read. */
import type { RunAttribute, RunError, RunRecord, TimelineEntry } from "../record.ts";
import type { RunState } from "../run-state.ts";
import { clipped } from "../text.ts";
import { absent, all, type Condition, equals, type Write } from "../write.ts";

/** What is known of a run from its request alone; part of whichever write comes first. */
export type NewRun = Pick<
  RunRecord,
  "id" | "attempt" | "digest" | "request" | "labels" | "type" | "createdAt" | "activeShard" | "recentShard"
> &
  Partial<Pick<RunRecord, "name" | "flowName" | "senderTargets" | "requestFrom">>;

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
  readonly timeoutSeconds?: number;
}

/** What `seen` compares. */
export type Seen = Pick<RunRecord, "attempt" | "state">;

/** The lease that `mine` compares. */
export interface Lease {
  readonly attempt: number;
  readonly owner: string;
}

export const LEASE: readonly RunAttribute[] = ["owner", "leaseUntil"];

export const UNSETTLED: readonly RunAttribute[] = [...LEASE, "unsettled", "calledAt"];

export const PENDING: readonly RunAttribute[] = [...UNSETTLED, "dueAt", "giveUpAt", "tries", "lostLeases", "wakes", "error"];

/** A run's history is a help, not a log: it stops growing where it would fill the item. */
const LONGEST_TIMELINE = 100;
/** Ends, and what follows on one, are still told then: so many more. */
const MORE_ENDS = 50;
/** The record has the whole of the last message; its history, of many, the beginnings. */
const LONGEST_MESSAGE = 500;

/** A service's or process's text is kept with the run, in an item that the table bounds. */
export const LONGEST_REASON = 2000;

export function mine(lease: Lease): Condition {
  return all(equals("state", "LAUNCHING"), equals("attempt", lease.attempt), equals("owner", lease.owner));
}

export function seen(item: Seen): Condition {
  return all(item.state === undefined ? absent("state") : equals("state", item.state), equals("attempt", item.attempt));
}

/** What an earlier attempt left that this one has not. */
export function stale(attempt: Attempt): readonly RunAttribute[] {
  const missing: RunAttribute[] = [];
  if (attempt.template === undefined) missing.push("template");
  if (attempt.timeoutSeconds === undefined) missing.push("timeoutSeconds");
  return [...missing, "stopping", "held", "ending", "stopFrom"];
}

export function leased(attempt: Attempt): Partial<RunRecord> {
  const { now, ...rest } = attempt;
  return { ...rest, state: "LAUNCHING", attemptAt: now, nextCheckAt: attempt.leaseUntil };
}

export function claimedEntry(attempt: Attempt): TimelineEntry {
  return { at: attempt.now, event: "claimed", attempt: attempt.attempt, target: attempt.target };
}

/** Whether a run's history takes one more entry. */
export function hasRoom({ timeline = [] }: Pick<RunRecord, "timeline">, more = 0): boolean {
  return timeline.length < LONGEST_TIMELINE + more;
}

/** The entry, where the timeline has room for it. */
export function room(item: Pick<RunRecord, "timeline">, entry: TimelineEntry): Pick<Write, "append"> {
  return hasRoom(item) ? { append: bounded(entry) } : {};
}

/** An entry of which there is one for an attempt at the most, or for an operator's word. */
export function roomForEnd(item: Pick<RunRecord, "timeline">, entry: TimelineEntry): Pick<Write, "append"> {
  return hasRoom(item, MORE_ENDS) ? { append: bounded(entry) } : {};
}

function bounded({ message, ...entry }: TimelineEntry): TimelineEntry {
  return message === undefined ? entry : { ...entry, message: clipped(message, LONGEST_MESSAGE) };
}

export function ended(state: RunState, now: number, error: RunError | undefined): TimelineEntry {
  return { at: now, event: state.toLowerCase(), ...(error ? { code: error.code, message: error.message } : {}) };
}
