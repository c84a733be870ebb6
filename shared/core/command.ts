import { interpolationsOf } from "./environment.ts";
import { interpolate } from "./interpolate.ts";
import type { PlannedRun } from "./run.ts";
import type { Target } from "./target.ts";

/** What Docker calls ENTRYPOINT and CMD. Absent: the next in the order request, target, template, image says it. */
export interface ChosenCommand {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
}

/** Command and entrypoint of the request, else of the target. */
export function chooseCommand(run: PlannedRun, target: Target, image?: string): ChosenCommand {
  const values = interpolationsOf(run, target, image);
  const ours = (texts: readonly string[] | undefined) => texts?.map((text) => interpolate(text, values));
  const entrypoint = run.request.entrypoint ?? ours(target.entrypoint);
  const command = run.request.command ?? ours(target.command);
  return { ...(entrypoint === undefined ? {} : { entrypoint }), ...(command === undefined ? {} : { command }) };
}

/** The smaller of the request's and the target's time limit, in seconds. */
export function chooseTimeout(run: PlannedRun, target: Target): number | undefined {
  const limits = [run.request.timeoutSeconds, target.timeoutSeconds].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}
