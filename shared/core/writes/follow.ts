/** The writes about a launched attempt that is under way: what is noted of it, and why it is told to stop. None changes its state. */
import type { RunError, RunFailure, RunRecord } from "../record.ts";
import { clipped } from "../text.ts";
import { absent, all, equals, oneOf, type Write } from "../write.ts";
import { asked } from "./observe.ts";
import { LONGEST_REASON, room } from "./parts.ts";

/** A launched attempt, as it was read. */
type Under = Pick<RunRecord, "attempt" | "state" | "handle" | "place" | "timeline">;

/** A limit was passed: noted before the stop is asked for, so that the end that follows is known for what it is. The first reason counts. */
export function noteStopping(item: Under, failure: RunFailure, now: number, nextCheckAt: number): Write {
  const stopping = { ...failure, reason: clipped(failure.reason, LONGEST_REASON) };
  return {
    condition: all(asked(item), absent("cancelRequestedAt"), absent("stopping")),
    set: { stopping, nextCheckAt },
    ...room(item, { at: now, event: "stopping", attempt: item.attempt, message: stopping.reason }),
  };
}

/** What keeps it from starting, or that nothing does any more. */
export function noteHeld(item: Under, held: RunFailure | undefined): Write {
  if (held === undefined) return { condition: asked(item), set: {}, remove: ["held"] };
  return { condition: asked(item), set: { held: { ...held, reason: clipped(held.reason, LONGEST_REASON) } } };
}

/** Its target is not configured any more, or means another place: nobody can be asked about it. */
export function noteOutOfReach(item: Under, error: RunError, now: number): Write {
  return {
    condition: asked(item),
    set: { error },
    ...room(item, { at: now, event: "out of reach", attempt: item.attempt, code: error.code }),
  };
}

/** The service has said that it will end it soon. */
export function noteEnding(attempt: number, handle: string, reason: string, now: number): Write {
  const ending = clipped(reason, LONGEST_REASON);
  return {
    condition: all(equals("attempt", attempt), oneOf("state", ["LAUNCHED", "RUNNING"]), equals("handle", handle), absent("ending")),
    set: { ending },
    append: { at: now, event: "ending announced", attempt, message: ending },
  };
}

/** Something else of this run was found at a target, and told to stop. */
export function noteStray(item: Pick<RunRecord, "attempt" | "timeline">, message: string, now: number): Write {
  return { condition: equals("attempt", item.attempt), set: {}, ...room(item, { at: now, event: "stray stopped", message }) };
}
