import { dueTimes } from "../../shared/adapters/due-times.ts";
import type { DueTimes } from "../../shared/core/due.ts";
import type { Schedule } from "../../shared/core/target.ts";

/** The times of a schedule's cron rule in its time zone. */
export function dueTimesOf({ cron, timezone }: Schedule): DueTimes {
  return dueTimes(cron, timezone);
}
