/** Every state of a run. */
export const RUN_STATES = [
  "ACCEPTED",
  "WAITING",
  "LAUNCHING",
  "LAUNCHED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
  "LOST",
  "REJECTED",
  "EXPIRED",
] as const;

/** One of `RUN_STATES`. While a run is `LAUNCHING` something of it may be out there; while it is `WAITING` nothing is. */
export type RunState = (typeof RUN_STATES)[number];

/**
 * What may follow on each state. A state may follow on itself where a write keeps it. Terminal states are left by `reopen` only
 * (REJECTED, EXPIRED, LOST → WAITING), and LOST by evidence of the same attempt.
 */
export const TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  ACCEPTED: ["ACCEPTED", "LAUNCHING", "REJECTED", "CANCELLED", "EXPIRED"],
  WAITING: ["WAITING", "LAUNCHING", "REJECTED", "CANCELLED", "EXPIRED"],
  LAUNCHING: ["LAUNCHING", "LAUNCHED", "WAITING", "REJECTED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "LOST"],
  LAUNCHED: ["LAUNCHED", "RUNNING", "WAITING", "SUCCEEDED", "FAILED", "CANCELLED", "LOST"],
  RUNNING: ["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "LOST"],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
  LOST: ["WAITING", "LAUNCHED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"],
  REJECTED: ["WAITING"],
  EXPIRED: ["WAITING"],
};

/** Whether the run has ended: nothing more is done about it. */
export function isTerminal(state: RunState): boolean {
  return TERMINAL_STATES.includes(state);
}

const TERMINAL_STATES: readonly RunState[] = ["SUCCEEDED", "FAILED", "CANCELLED", "LOST", "REJECTED", "EXPIRED"];

/** The states of a launched attempt that an observation may move to `next`. */
export function observableBefore(next: RunState): readonly RunState[] {
  const launched: readonly RunState[] = ["LAUNCHING", "LAUNCHED", "RUNNING", "LOST"];
  return launched.filter((state) => TRANSITIONS[state].includes(next));
}
