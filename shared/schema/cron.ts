/** What may stand for a cron rule: what the library that computes the times takes, told in our words, field by field. */
import { createRequire } from "node:module";
import type { Cron } from "croner";
import { late } from "../core/late.ts";

/** Loaded with the first rule, at once: most functions start without it. */
const croner = late((): typeof import("croner") => createRequire(import.meta.url)("croner"));

interface CronField {
  readonly name: string;
  readonly range: string;
}

const FIELDS: readonly CronField[] = [
  { name: "minute", range: "0 to 59" },
  { name: "hour", range: "0 to 23" },
  { name: "day of the month", range: "1 to 31 or L" },
  { name: "month", range: "1 to 12 or jan to dec" },
  { name: "day of the week", range: "0 to 7 or sun to sat" },
];

/** A leap year is among the eight years that follow: what does not come from here on never does. */
const FROM = new Date("2026-01-01T00:00:00Z");

/** What is wrong with a cron rule of five fields; undefined where nothing is. */
export function cronProblem(cron: string): string | undefined {
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return 'expected five fields, as "0 3 * * *": minute, hour, day of the month, month, day of the week';
  const wrong = FIELDS.find((_, index) => !isField(parts[index] ?? "", index));
  if (wrong !== undefined) {
    return `the ${wrong.name} is wrong: expected *, or ${wrong.range}, with lists (1,2), ranges (1-5) and steps (*/5)`;
  }
  if (wallTimes(cron).nextRun(FROM) === null) return "it never comes: expected a day of the month that one of its months has";
  return undefined;
}

/** The least time between two of a rule's times, in milliseconds, as far as a year of them shows. */
export function shortestGap(cron: string): number {
  const times = wallTimes(cron).nextRuns(MOST_GAPS, FROM);
  return times.reduce((least, time, index) => Math.min(least, time.getTime() - (times[index - 1]?.getTime() ?? -Infinity)), Infinity);
}

const MOST_GAPS = 400;

function isField(text: string, index: number): boolean {
  // To the library a ? is the moment at which it reads the rule.
  if (text.includes("?")) return false;
  try {
    wallTimes(FIELDS.map((_, other) => (other === index ? text : "*")).join(" "));
    return true;
  } catch {
    // It throws TypeErrors and others, all of them about the text.
    return false;
  }
}

/** A rule's times as a clock on a wall shows them that never changes: the library counts in UTC. */
function wallTimes(cron: string): Cron {
  return new (croner().Cron)(cron.trim(), { timezone: "UTC", mode: "5-part", paused: true });
}
