import type { Context } from "./context.ts";
import { launcherOf } from "./prepare.ts";
import type { RunError, RunRecord } from "./record.ts";

/** Why nobody can be asked about a launched run: its target is gone, or means another place, which knows nothing of it. */
export function whyOutOfReach({ planning }: Context, run: Pick<RunRecord, "target" | "place">): RunError | undefined {
  const target = planning.configuration.targets.find(({ name }) => name === run.target);
  if (target === undefined) {
    const message = `its target "${run.target}" is no longer configured: nothing is known of it until the target is back`;
    return { code: "TARGET_GONE", message };
  }
  if (run.place === undefined || launcherOf(planning, target).place(target, planning.services) === run.place) return undefined;
  const message = `its target "${run.target}" now means another place: nothing is known of it until the target means ${run.place} again`;
  return { code: "PLACE_CHANGED", message };
}
