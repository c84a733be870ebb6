/** An event of a service's own bus, folded into the record of the run that it is about. Nothing is read first, and nobody is asked. */
import type { Context } from "./context.ts";
import type { JsonObject } from "./json.ts";
import { observe } from "./observe.ts";
import type { RunState } from "./run-state.ts";

/** What came of an event: the facts of its one log line. */
export interface ObservedEvent {
  readonly outcome: "folded in" | "nothing new" | "unknown run" | "another deployment's" | "of no run";
  readonly id?: string;
  readonly key?: string;
  readonly attempt?: number;
  readonly state?: RunState;
}

/** Folds an event in. What is not ours, or of a run that the table does not hold, is acknowledged. */
export async function observeEvent(context: Context, event: JsonObject): Promise<ObservedEvent> {
  const now = context.clock.now();
  for (const launcher of Object.values(context.planning.launchers)) {
    const said = launcher.eventOf?.(event, now);
    if (said === undefined) continue;
    const { deployment, key, attempt, observation } = said;
    if (deployment !== context.planning.configuration.deployment) return { outcome: "another deployment's", key, attempt };
    const result = await observe(context, { key, attempt }, observation, launcher.inspectSeconds);
    const item = result?.item;
    if (result === undefined) return { outcome: "nothing new", key, attempt };
    if (item?.digest === undefined) return { outcome: "unknown run", key, attempt };
    const { id, state } = item;
    const facts = { id, key, attempt, ...(state === undefined ? {} : { state }) };
    if (!result.applied) return { outcome: "nothing new", ...facts };
    // Its launch is settled by this: what was to be stopped can be.
    if (item.cancelRequestedAt !== undefined && (state === "LAUNCHED" || state === "RUNNING")) await context.queue.wake([id]);
    return { outcome: "folded in", ...facts };
  }
  return { outcome: "of no run" };
}
