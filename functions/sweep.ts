import middy from "@middy/core";
import type { ScheduledEvent } from "aws-lambda";
import { sweep } from "../shared/core/sweep.ts";
import type { Swept } from "../shared/core/swept.ts";
import { type Composition, composition } from "./compose.ts";
import { errorEvent } from "./middleware/error-event.ts";

/** What is left of an invocation when a sweep stops taking up runs, as a share of it. */
const RESERVE = 0.25;

/** What a sweep did, or that another was at it. */
export type SweepResult = Swept | { readonly skipped: "another sweep is running" };

/** Handler for the minute tick. Never two at once; what it does not reach, the next one does. */
export function sweepHandler(compose: () => Promise<Composition>) {
  return middy<ScheduledEvent, SweepResult>()
    .use(errorEvent("sweep failed", compose))
    .handler(async (_event, lambda) => sweepOnce(await compose(), lambda.getRemainingTimeInMillis()));
}

/** One sweep, within so many milliseconds. */
export async function sweepOnce({ context, log, metrics, sweepLock }: Composition, milliseconds: number): Promise<SweepResult> {
  const now = context.clock.now();
  const owner = context.newOwner();
  if (!(await sweepLock.take(owner, now, now + milliseconds))) return { skipped: "another sweep is running" };
  try {
    const swept = await sweep(context, now + milliseconds * (1 - RESERVE));
    const idle = swept.woken + swept.inspected + swept.stopped + swept.removed === 0;
    log[swept.unanswered + swept.problems.length > 0 ? "warn" : idle ? "debug" : "info"](swept, "sweep");
    const alarms = swept.problems.filter(({ alarm }) => alarm === true).length;
    if (alarms > 0) metrics.count("stuck", alarms);
    metrics.publish();
    return swept;
  } finally {
    await sweepLock.release(owner);
  }
}

/** The Lambda function. */
export const handler = sweepHandler(composition);
