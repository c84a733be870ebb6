/** The times of cron rules in time zones. */
import { createRequire } from "node:module";
import type { Cron } from "croner";
import type { DueTimes } from "../core/due.ts";
import { late } from "../core/late.ts";
import { type WallClock, wallClock } from "./wall-clock.ts";

/** Loaded with the first rule, at once: most functions start without it. */
const croner = late((): typeof import("croner") => createRequire(import.meta.url)("croner"));

/** No zone repeats more of a day than that. */
const LONGEST_REPEAT = 3 * 3_600_000;

/**
 * The library counts in UTC, as on a clock on the wall that nobody sets, and each time on it is looked up in the zone: one that
 * daylight saving skips is none, and one that it repeats is its first.
 */
export function dueTimes(cron: string, timezone: string): DueTimes {
  const wall = wallClock(timezone);
  const rule = new (croner().Cron)(cron.trim(), { timezone: "UTC", mode: "5-part", paused: true });
  return {
    next(after) {
      for (let at = rule.nextRun(new Date(wall.shownAt(after))); at !== null; at = rule.nextRun(at)) {
        const instant = wall.firstAt(at.getTime());
        if (instant !== undefined && instant > after) return instant;
      }
      return undefined;
    },
    last: (notAfter) => lastOf(rule, wall, notAfter),
  };
}

function lastOf(rule: Cron, wall: WallClock, notAfter: number): number | undefined {
  // In the second pass of a repeated hour, later times of the first pass are over. The library's bound is exclusive.
  let bound = new Date(wall.shownAt(notAfter) + LONGEST_REPEAT);
  for (;;) {
    const [at] = rule.previousRuns(1, bound);
    if (at === undefined) return undefined;
    const instant = wall.firstAt(at.getTime());
    if (instant !== undefined && instant <= notAfter) return instant;
    bound = at;
  }
}
