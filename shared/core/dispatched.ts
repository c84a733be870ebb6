import type { Issue } from "./errors.ts";
import type { RunRecord } from "./record.ts";
import type { RunState } from "./run-state.ts";

/** What came of a message: the facts of its one log event. Holds no env value and no secret. */
export interface Dispatched {
  readonly outcome:
    | "launched"
    | "waiting"
    | "unknown"
    | "rejected"
    | "expired"
    | "cancelled"
    | "cancel requested"
    | "settled by an event"
    | "stop requested"
    | "duplicate"
    | "not due"
    | "absent"
    | "stays"
    | "quarantined"
    | "no time";
  readonly id?: string;
  readonly key?: string;
  readonly state?: RunState;
  readonly attempt?: number;
  readonly target?: string;
  readonly code?: string;
  /** What is wrong with a message that was put into quarantine, and where. */
  readonly issues?: readonly Issue[];
  /** The failure was in no table. */
  readonly unrecognised?: boolean;
  /** Somebody has to look: the run cannot move on by itself. */
  readonly alarm?: boolean;
}

/** The facts of a record that every outcome tells. */
export function facts(item: RunRecord): Omit<Dispatched, "outcome"> {
  return {
    id: item.id,
    key: item.key,
    attempt: item.attempt,
    ...(item.state === undefined ? {} : { state: item.state }),
    ...(item.target === undefined ? {} : { target: item.target }),
  };
}
