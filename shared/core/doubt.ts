/** An attempt whose outcome is unknown, where its launcher can be asked for it. */
import type { Backend, FindOutcome, Launch } from "./launcher.ts";
import type { Prepared } from "./prepare.ts";

/** Whether a look now, if it finds nothing, proves that no call made at `calledAt` or before launched anything. */
export function hasLanded(prepared: Prepared, calledAt: number, now: number): boolean {
  return now - calledAt > (prepared.launcher.landingSeconds ?? Number.POSITIVE_INFINITY) * 1000;
}

/** Looks for the attempt where absence would be proof; otherwise nothing is known. */
export async function findLanded(
  backend: Backend,
  prepared: Prepared,
  launch: Launch,
  calledAt: number,
  now: number,
): Promise<FindOutcome | undefined> {
  return hasLanded(prepared, calledAt, now) ? backend.find?.(launch) : undefined;
}
