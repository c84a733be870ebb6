import type { RunState } from "../../shared/core/run-state.ts";

/** The states that no run may be left in. */
const ON_THE_WAY = ["ACCEPTED", "WAITING", "LAUNCHING", "LAUNCHED", "RUNNING"] as const;

/** Whether a run, or what its id has, has not come to an end. */
export function isEndless(state: RunState | undefined): state is (typeof ON_THE_WAY)[number] | undefined {
  return state === undefined || ON_THE_WAY.some((one) => one === state);
}
