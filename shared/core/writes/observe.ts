/** The writes that evidence of a launched attempt leads to. A late or repeated one changes nothing. */
import type { Handle } from "../launcher.ts";
import type { RunError, RunFailure, RunOutcome, RunRecord, TimelineEntry } from "../record.ts";
import { observableBefore, type RunState } from "../run-state.ts";
import { clipped } from "../text.ts";
import { absent, all, any, below, type Condition, equals, oneOf, present, type Write } from "../write.ts";
import { resumable } from "./claim.ts";
import { LONGEST_REASON, PENDING, room, roomForEnd, seen, UNSETTLED } from "./parts.ts";

/** Evidence of one attempt, from an event or from asking. */
export interface Evidence {
  readonly attempt: number;
  readonly handle: Handle;
  readonly version?: number;
  readonly now: number;
  /** The run's history, where its record was read. */
  readonly timeline?: readonly TimelineEntry[];
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

/** The same state again says nothing, unless the run was missed or out of reach meanwhile. */
function isNews(state: RunState): Condition {
  const others = observableBefore(state).filter((before) => before !== state);
  return any(oneOf("state", others), present("missingAt"), present("error"));
}

/** The attempt was seen alive. */
export function observeAlive(evidence: Evidence, state: "LAUNCHED" | "RUNNING", startedAt: number | undefined, nextCheckAt: number): Write {
  return {
    condition: all(observes(evidence, state), isNews(state)),
    set: { state, ...evident(evidence), nextCheckAt, ...(startedAt === undefined ? {} : { startedAt }) },
    setOnce: { launchedAt: startedAt ?? evidence.now },
    remove: [...PENDING, "missingAt", "expiresAt", "endedAt", ...(state === "RUNNING" ? (["held"] as const) : [])],
    ...room(evidence, { at: evidence.now, event: state.toLowerCase(), attempt: evidence.attempt }),
  };
}

/**
 * The attempt was seen to have ended. What was told to stop ends as `stopping` says, unless it succeeded; a stop that was noted since
 * the run was read makes the write void.
 */
export function observeEnded(
  evidence: Evidence,
  seen: RunOutcome,
  times: { startedAt?: number; endedAt: number; expiresAt: number },
  stopping?: RunFailure,
): Write {
  const outcome = endAs(seen, stopping);
  const { exitCode, failure, message } = told(outcome);
  const toldToStop = stopping === undefined ? absent("stopping") : present("stopping");
  return {
    condition: outcome.state === "SUCCEEDED" ? observes(evidence, outcome.state) : all(observes(evidence, outcome.state), toldToStop),
    set: {
      state: outcome.state,
      ...evident(evidence),
      endedAt: times.endedAt,
      expiresAt: times.expiresAt,
      ...(times.startedAt === undefined ? {} : { startedAt: times.startedAt }),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(failure === undefined ? {} : { failure }),
      ...(outcome.state === "LOST" ? { error: { code: "LOST", message: clipped(outcome.reason, LONGEST_REASON) } } : {}),
    },
    setOnce: { launchedAt: times.startedAt ?? evidence.now },
    remove: [
      ...PENDING.filter((name) => outcome.state !== "LOST" || name !== "error"),
      ...PASSING.filter((name) => outcome.state !== "LOST" || name !== "stopping"),
      "nextCheckAt",
    ],
    ...roomForEnd(evidence, {
      at: evidence.now,
      event: outcome.state.toLowerCase(),
      attempt: evidence.attempt,
      ...(message ? { message } : {}),
    }),
  };
}

/** What is known of a run only while it is under way. */
const PASSING = ["missingAt", "stopping", "held", "ending", "stopFrom"] as const;

/** How an end is recorded: what was told to stop, and did not succeed all the same, ended for that reason. */
function endAs(outcome: RunOutcome, stopping: RunFailure | undefined): RunOutcome {
  if (stopping === undefined || outcome.state === "SUCCEEDED" || outcome.state === "LOST") return outcome;
  const { exitCode, lastLines } = outcome.state === "FAILED" ? outcome.failure : { ...outcome, lastLines: undefined };
  const more = { ...(exitCode === undefined ? {} : { exitCode }), ...(lastLines === undefined ? {} : { lastLines }) };
  return { state: "FAILED", failure: { ...stopping, ...more } };
}

function told(outcome: RunOutcome): { exitCode?: number; failure?: RunRecord["failure"]; message?: string } {
  switch (outcome.state) {
    case "SUCCEEDED":
      return { exitCode: outcome.exitCode };
    case "FAILED":
      return {
        failure: { ...outcome.failure, reason: clipped(outcome.failure.reason, LONGEST_REASON) },
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
export function asked(item: Pick<RunRecord, "attempt" | "state" | "handle" | "place">): Condition {
  return all(seen(item), equals("handle", item.handle ?? ""), ...(item.place === undefined ? [] : [equals("place", item.place)]));
}

/** The service did not know the handle: noted once; counts only when it is so again later. */
export function noteMissing(item: Pick<RunRecord, "attempt" | "state" | "handle" | "place">, now: number, nextCheckAt: number): Write {
  return { condition: asked(item), set: { missingAt: now, nextCheckAt } };
}

/** Nothing was seen of an attempt for so long that nothing can be said of it any more. */
export function markLost(
  item: Pick<RunRecord, "attempt" | "state" | "handle" | "owner" | "place" | "timeline">,
  reason: string,
  times: { now: number; expiresAt: number },
): Write {
  return {
    condition: item.handle === undefined ? resumable(item, times.now) : asked(item),
    set: { state: "LOST", endedAt: times.now, expiresAt: times.expiresAt, error: { code: "LOST", message: reason } },
    remove: [...PENDING.filter((name) => name !== "error"), "nextCheckAt"],
    ...roomForEnd(item, { at: times.now, event: "lost", attempt: item.attempt, message: reason }),
  };
}

/** The attempt never started, for a reason that may pass: a new attempt follows. */
export function relaunch(evidence: Evidence, most: number, error: RunError, dueAt: number): Write {
  return {
    condition: all(
      observes(evidence, "WAITING"),
      any(absent("relaunches"), below("relaunches", most)),
      absent("cancelRequestedAt"),
      absent("stopping"),
    ),
    set: { state: "WAITING", dueAt, error, nextCheckAt: dueAt },
    add: { relaunches: 1 },
    remove: [
      ...UNSETTLED,
      "handle",
      "links",
      "version",
      "launchedAt",
      "startedAt",
      "missingAt",
      "held",
      "ending",
      "stopFrom",
      "wakes",
      "expiresAt",
      "endedAt",
    ],
    ...room(evidence, { at: evidence.now, event: "relaunch", attempt: evidence.attempt, code: error.code, message: error.message }),
  };
}
