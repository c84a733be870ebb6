/** The writes of operators and of the sweep. */
import type { RunRecord } from "../record.ts";
import { absent, all, equals, oneOf, present, type Write } from "../write.ts";
import { ended, type NewRun, roomForEnd, type Seen, seen } from "./parts.ts";

/** A cancel is a field, not a state: whoever acts next on the run sees it. */
export function requestCancel(now: number): Write {
  return {
    condition: oneOf("state", ["ACCEPTED", "WAITING", "LAUNCHING", "LAUNCHED", "RUNNING"]),
    set: { nextCheckAt: now },
    setOnce: { cancelRequestedAt: now },
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

/** An operator's word that a run that was refused, expired or lost may be launched again. */
export function reopen(item: Seen & Pick<RunRecord, "timeline">, now: number): Write {
  return {
    condition: seen(item),
    set: { state: "WAITING", dueAt: now, nextCheckAt: now, relaunches: 0, reopenedAt: now },
    remove: ["cancelRequestedAt", "giveUpAt", "expiresAt", "endedAt", "error", "failure", "exitCode", "stopping"],
    ...roomForEnd(item, { at: now, event: "reopened" }),
  };
}
