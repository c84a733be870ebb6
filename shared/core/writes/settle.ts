/** The writes after a submit. Each is applied only while the lease is still the writer's own. */
import type { Handle } from "../launcher.ts";
import type { RunError, RunRecord } from "../record.ts";
import type { Write } from "../write.ts";
import { ended, LEASE, type Lease, mine, PENDING, room, roomForEnd, UNSETTLED } from "./parts.ts";

/** The launch was accepted. */
export function recordAccepted(
  item: Lease & Pick<RunRecord, "timeline">,
  handle: Handle,
  times: { now: number; nextCheckAt: number } & Pick<RunRecord, "stopFrom">,
): Write {
  const { now, ...ahead } = times;
  return {
    condition: mine(item),
    set: { state: "LAUNCHED", handle: handle.id, ...(handle.links ? { links: handle.links } : {}), launchedAt: now, ...ahead },
    remove: PENDING,
    ...roomForEnd(item, { at: now, event: "launched", attempt: item.attempt }),
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
export function recordRejected(item: Lease & Pick<RunRecord, "timeline">, error: RunError, now: number, expiresAt: number): Write {
  return {
    condition: mine(item),
    set: { state: "REJECTED", error, endedAt: now, expiresAt },
    remove: [...UNSETTLED, "nextCheckAt", "dueAt", "giveUpAt"],
    ...roomForEnd(item, ended("REJECTED", now, error)),
  };
}
