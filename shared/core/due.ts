/** Which run a schedule owes: the rule alone, without a clock and without the library that knows cron and time zones. */
import { createHash } from "node:crypto";
import type { Schedule } from "./target.ts";

/** The times of a cron rule in its time zone, in epoch milliseconds. */
export interface DueTimes {
  /** The first after a time; undefined where there is none. */
  next(after: number): number | undefined;
  /** The last at or before a time. */
  last(notAfter: number): number | undefined;
}

/** What is known of a schedule from one tick to the next. All times are epoch milliseconds. */
export interface ScheduleState {
  /** Cron and time zone that `lastDue` counts by. */
  readonly rule: string;
  /** Up to this time nothing is owed: the last due time that was fired, or when the schedule began. */
  readonly lastDue: number;
  readonly pausedAt?: number;
  /** When the schedule was first missed in the configuration. */
  readonly goneAt?: number;
  /** The last run, for people: when it was asked for, its id, and how many due times before it were slept through. */
  readonly firedAt?: number;
  readonly firedId?: string;
  readonly missed?: number;
}

/** What a tick does about a schedule. */
export type ScheduleStep =
  | { readonly kind: "rest" }
  /** Nothing is owed; what is known changes. */
  | { readonly kind: "note"; readonly why: "started" | "changed" | "paused" | "resumed" | "back" | "clock"; readonly to: ScheduleState }
  /** A run is owed for `due`. `missed`: due times before it that were slept through, for which there is no run of their own. */
  | { readonly kind: "fire"; readonly due: number; readonly id: string; readonly missed: number; readonly to: ScheduleState };

const HOUR = 3_600_000;
/** A clock that was ahead by more is not waited for; the ids of runs still keep a due time from running twice. */
const FARTHEST_AHEAD = 24 * HOUR;
/** A schedule that is away for no longer was not taken out: two versions of a configuration are at work during a deployment. */
const LONGEST_DEPLOYMENT = HOUR;
/** Nobody counts further. */
const MOST_COUNTED = 1000;

/** What is owed at a time, given what is known. */
export function scheduleStep(schedule: Schedule, state: ScheduleState | undefined, times: DueTimes, now: number): ScheduleStep {
  const rule = ruleOf(schedule);
  const begin = (why: "started" | "changed" | "resumed" | "back"): ScheduleStep => ({ kind: "note", why, to: { rule, lastDue: now } });
  if (!schedule.enabled) {
    if (state === undefined || state.pausedAt !== undefined) return { kind: "rest" };
    return { kind: "note", why: "paused", to: { ...state, pausedAt: now } };
  }
  // What came before it began, while it was paused, or while it had another rule, is not made up for.
  if (state === undefined) return begin("started");
  if (state.rule !== rule) return begin("changed");
  if (state.pausedAt !== undefined) return begin("resumed");
  if (state.goneAt !== undefined && now - state.goneAt > LONGEST_DEPLOYMENT) return begin("back");
  if (state.lastDue > now + FARTHEST_AHEAD) return { kind: "note", why: "clock", to: { ...state, lastDue: now } };
  const due = lastReady(schedule, times, now);
  // Also where the clock was set back: what was fired is not fired again.
  if (due === undefined || due <= state.lastDue) {
    const { goneAt, ...to } = state;
    return goneAt === undefined ? { kind: "rest" } : { kind: "note", why: "back", to };
  }
  const missed = countBetween(times, state.lastDue, due);
  const id = dueId(schedule.name, due);
  return { kind: "fire", due, id, missed, to: { rule, lastDue: due, firedAt: now, firedId: id, missed } };
}

/** When a schedule's next run is asked for, its share of the jitter included; undefined where it never is. */
export function nextFire(schedule: Schedule, state: ScheduleState | undefined, times: DueTimes, now: number): number | undefined {
  if (!schedule.enabled) return undefined;
  const begins = state === undefined || state.rule !== ruleOf(schedule) || state.pausedAt !== undefined;
  const due = times.next(begins || state.lastDue > now + FARTHEST_AHEAD ? now : state.lastDue);
  return due === undefined ? undefined : due + jitterOf(schedule, due);
}

/** `nightly-20261122T030000Z` */
export function dueId(name: string, due: number): string {
  return `${name}-${new Date(due).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "")}`;
}

/** What `lastDue` counts by. */
export function ruleOf({ cron, timezone }: Schedule): string {
  return `${cron.trim().split(/\s+/).join(" ")} ${timezone}`;
}

/** A schedule's own delay of a due time, the same whenever it is asked for: schedules of the same time do not all come at once. */
export function jitterOf({ name, jitterSeconds = 0 }: Schedule, due: number): number {
  if (jitterSeconds === 0) return 0;
  const spread = createHash("sha256").update(`${name}\n${due}`).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(spread * jitterSeconds * 1000);
}

/** The last due time whose delay is over. */
function lastReady(schedule: Schedule, times: DueTimes, now: number): number | undefined {
  const due = times.last(now);
  if (due === undefined || due + jitterOf(schedule, due) <= now) return due;
  // The window is shorter than the time between two: the one before is ready.
  return times.last(due - 1);
}

function countBetween(times: DueTimes, after: number, before: number): number {
  let count = 0;
  for (let due = times.next(after); due !== undefined && due < before && count < MOST_COUNTED; due = times.next(due)) count++;
  return count;
}
