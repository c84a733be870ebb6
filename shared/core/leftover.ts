/** What is done about one thing with our mark, given what the table says of its run. Pure. */
import type { Launcher, Owned } from "./launcher.ts";
import type { RunOutcome, RunRecord } from "./record.ts";
import { isTerminal } from "./run-state.ts";

/** What is done about it. */
export type Deal =
  | { readonly do: "nothing" }
  /** It ended, and so is recorded; or no record follows it any more. */
  | { readonly do: "remove"; readonly outcome?: RunOutcome["state"] }
  | { readonly do: "stop"; readonly why: string; readonly record: RunRecord }
  /** A run that counts as lost may be followed again. */
  | { readonly do: "look"; readonly record: RunRecord }
  | { readonly do: "alarm"; readonly why: string };

/** A call of the attempt that was on its way when its end was recorded has surely arrived so long after. */
const ARRIVED_SECONDS = 5 * 60;
const NOTHING: Deal = { do: "nothing" };

export function dealtWith(
  owned: Owned,
  record: RunRecord | undefined,
  launcher: Pick<Launcher, "keepSeconds" | "landingSeconds">,
  now: number,
  rememberedSeconds: number,
): Deal {
  if (record?.digest === undefined) return orphan(owned, launcher, now, rememberedSeconds);
  if (owned.attempt > record.attempt)
    return { do: "alarm", why: `it is attempt ${owned.attempt} of a run that has had ${record.attempt} here` };
  return owned.status === "active" ? active(owned, record) : ended(owned, record, launcher, now);
}

/**
 * A record outlives what it follows by so long that what has none, and ended since, was never this table's: it is another deployment's
 * that goes by the same name, or the table was lost.
 */
function orphan(owned: Owned, { keepSeconds = 0 }: Pick<Launcher, "keepSeconds">, now: number, rememberedSeconds: number): Deal {
  if (owned.status === "active") {
    const why = "it runs, and no run of this table is its own: another deployment of this name launches here, or the table was put back";
    return { do: "alarm", why };
  }
  const kept = Math.max(keepSeconds, rememberedSeconds) * 1000;
  return owned.endedAt !== undefined && now - owned.endedAt > kept ? { do: "remove" } : NOTHING;
}

function active(owned: Owned, record: RunRecord): Deal {
  const stop = (why: string): Deal => ({ do: "stop", why, record });
  if (owned.attempt < record.attempt) return stop(`superseded by attempt ${record.attempt}`);
  switch (record.state) {
    case "LAUNCHED":
    case "RUNNING":
      return record.handle === owned.handle ? NOTHING : stop(`a second one beside ${record.handle}`);
    case "LAUNCHING":
      // It is just being settled which one it is.
      return NOTHING;
    case "LOST":
      return record.handle === undefined || record.handle === owned.handle
        ? { do: "look", record }
        : stop(`a second one beside ${record.handle}`);
    case "SUCCEEDED":
    case "FAILED":
    case "CANCELLED":
      // Of the same handle, its end was seen, and only the list does not show it yet.
      return record.handle === owned.handle ? NOTHING : stop(`the run has ended without it, as ${record.state}`);
    case "ACCEPTED":
    case "WAITING":
    case "REJECTED":
    case "EXPIRED":
      return stop(`its launch counts as refused, and the run is ${record.state}`);
    case undefined:
      return NOTHING;
    default: {
      const unhandled: never = record.state;
      return unhandled;
    }
  }
}

function ended(
  owned: Owned,
  record: RunRecord,
  { keepSeconds = 0, landingSeconds = 0 }: Pick<Launcher, "keepSeconds" | "landingSeconds">,
  now: number,
): Deal {
  const { state } = record;
  const its = owned.attempt === record.attempt;
  // Its own end is yet to be seen.
  if (its && (state === "LAUNCHING" || ((state === "LAUNCHED" || state === "RUNNING") && record.handle === owned.handle))) return NOTHING;
  const over = state !== undefined && isTerminal(state);
  const recordedAt = its ? (record.timeline?.at(-1)?.at ?? 0) : (record.attemptAt ?? 0);
  if (now - recordedAt < (ARRIVED_SECONDS + landingSeconds) * 1000) return NOTHING;
  if (now - (owned.endedAt ?? (its ? record.endedAt : undefined) ?? recordedAt) < keepSeconds * 1000) return NOTHING;
  return over && its && record.handle === owned.handle && isOutcome(state) ? { do: "remove", outcome: state } : { do: "remove" };
}

function isOutcome(state: RunRecord["state"]): state is RunOutcome["state"] {
  return state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED" || state === "LOST";
}
