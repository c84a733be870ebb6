/** What a tick owes, row by row; times are those of `0 * * * *` in UTC unless a row says another rule. */
import { describe, expect, test } from "vitest";
import { dueTimes } from "../../shared/adapters/due-times.ts";
import { dueId, jitterOf, nextFire, ruleOf, type ScheduleState, scheduleStep } from "../../shared/core/due.ts";
import type { Schedule } from "../../shared/core/target.ts";

const hourly: Schedule = { name: "hourly", cron: "0 * * * *", timezone: "UTC", enabled: true, request: {} };
const RULE = ruleOf(hourly);
const at = (time: string) => Date.parse(`2026-11-22T${time}Z`);
const done = (time: string, more: Partial<ScheduleState> = {}): ScheduleState => ({ rule: RULE, lastDue: at(time), ...more });

function step(state: ScheduleState | undefined, now: string, over: Partial<Schedule> = {}) {
  const schedule = { ...hourly, ...over };
  return scheduleStep(schedule, state, dueTimes(schedule.cron, schedule.timezone), at(now));
}

describe("nothing is owed", () => {
  test.each<[string, ScheduleState | undefined, string, Partial<Schedule>?]>([
    ["before the next due time", done("03:00:00"), "03:59:59.999"],
    ["at the very time that was fired", done("03:00:00"), "03:00:00"],
    ["where the clock was set back by seconds", done("03:00:00"), "02:59:58"],
    ["where it was set back by hours: what was fired is not fired again", done("03:00:00"), "00:30:00"],
    ["while it is paused, and noted to be", done("03:00:00", { pausedAt: 1 }), "09:00:00", { enabled: false }],
    ["by one that is paused from the beginning", undefined, "09:00:00", { enabled: false }],
    ["by a rule whose time has not come yet", { rule: "0 0 1 1 * UTC", lastDue: at("03:00:00") }, "23:00:00", { cron: "0 0 1 1 *" }],
  ])("%s", (_rule, state, now, over) => {
    expect(step(state, now, over)).toEqual({ kind: "rest" });
  });
});

describe("a run is owed", () => {
  test.each<[string, ScheduleState, string, string, number]>([
    ["at the due time to the millisecond", done("03:00:00"), "04:00:00", "20261122T040000Z", 0],
    ["late: after a short sleep", done("03:00:00"), "04:59:59", "20261122T040000Z", 0],
    ["once, for the last of several that were slept through", done("03:00:00"), "09:30:00", "20261122T090000Z", 5],
    [
      "once, and counted up to a thousand, after a year",
      { rule: RULE, lastDue: at("03:00:00") - 365 * 86_400_000 },
      "03:30:00",
      "20261122T030000Z",
      1000,
    ],
  ])("%s", (_rule, state, now, due, missed) => {
    const found = step(state, now);
    expect(found).toMatchObject({
      kind: "fire",
      id: `hourly-${due}`,
      missed,
      to: { rule: RULE, firedAt: at(now), firedId: `hourly-${due}`, missed },
    });
    if (found.kind === "fire") expect(found.to.lastDue).toBe(found.due);
  });
});

describe("it begins at the tick, and makes up for nothing", () => {
  test.each<[string, string, ScheduleState | undefined, Partial<Schedule>?]>([
    ["new", "started", undefined],
    ["with another rule", "changed", done("03:00:00"), { cron: "30 * * * *" }],
    ["with another time zone", "changed", done("03:00:00"), { timezone: "Asia/Kathmandu" }],
    ["after a pause", "resumed", done("03:00:00", { pausedAt: at("03:10:00") })],
    ["back after it was taken out", "back", done("03:00:00", { goneAt: at("07:00:00") })],
  ])("%s", (_rule, why, state, over) => {
    const rule = ruleOf({ ...hourly, ...over });
    expect(step(state, "09:00:00", over)).toEqual({ kind: "note", why, to: { rule, lastDue: at("09:00:00") } });
  });
});

test("spaces in a rule do not make another one, and another request does not either", () => {
  expect(step(done("03:00:00"), "03:30:00", { cron: " 0  * * * * ", request: { name: "other" } })).toEqual({ kind: "rest" });
});

test("a pause is noted with its time, and keeps what is known", () => {
  expect(step(done("03:00:00"), "09:00:00", { enabled: false })).toEqual({
    kind: "note",
    why: "paused",
    to: done("03:00:00", { pausedAt: at("09:00:00") }),
  });
});

test("one that was away for a deployment goes on where it was", () => {
  const away = done("08:00:00", { goneAt: at("08:30:00") });
  expect(step(away, "08:59:00")).toEqual({ kind: "note", why: "back", to: done("08:00:00") });
  const found = step(away, "09:00:00");
  expect(found).toMatchObject({ kind: "fire", id: "hourly-20261122T090000Z" });
  expect(found.kind === "fire" && found.to.goneAt).toBeUndefined();
});

test("a clock that was more than a day ahead is not waited for", () => {
  const ahead: ScheduleState = { rule: RULE, lastDue: at("03:00:00") + 2 * 86_400_000 };
  expect(step(ahead, "03:30:00")).toEqual({ kind: "note", why: "clock", to: { rule: RULE, lastDue: at("03:30:00") } });
});

describe("with jitter", () => {
  const spread = { jitterSeconds: 600 };
  const delay = jitterOf({ ...hourly, ...spread }, at("04:00:00"));

  test("the delay is within the window, the same each time, and another for another time or name", () => {
    const delays = Array.from({ length: 200 }, (_, hour) => jitterOf({ ...hourly, ...spread }, at("04:00:00") + hour * 3_600_000));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(600_000);
    expect(new Set(delays).size).toBeGreaterThan(190);
    expect(jitterOf({ ...hourly, ...spread }, at("04:00:00"))).toBe(delay);
    expect(jitterOf({ ...hourly, ...spread, name: "other" }, at("04:00:00"))).not.toBe(delay);
  });

  test("a run is owed when its delay is over, under the id of its due time", () => {
    const ready = new Date(at("04:00:00") + delay).toISOString().slice(11, -1);
    const early = new Date(at("04:00:00") + delay - 1).toISOString().slice(11, -1);
    expect(step(done("03:00:00"), early, spread)).toEqual({ kind: "rest" });
    expect(step(done("03:00:00"), ready, spread)).toMatchObject({ kind: "fire", id: "hourly-20261122T040000Z", due: at("04:00:00") });
  });

  test("while the last one's delay is not over, the one before it is owed", () => {
    expect(delay).toBeGreaterThan(0);
    expect(step(done("01:00:00"), "04:00:00", spread)).toMatchObject({ kind: "fire", id: "hourly-20261122T030000Z", missed: 1 });
  });
});

describe("the next run is asked for", () => {
  test.each<[string, ScheduleState | undefined, string | undefined, Partial<Schedule>?]>([
    ["at the next due time, where it has just begun", undefined, "10:00:00"],
    ["at the next due time after the last", done("09:00:00"), "10:00:00"],
    ["at once, where one was slept through", done("07:00:00"), "08:00:00"],
    ["at the next due time of a new rule", done("07:00:00"), "10:30:00", { cron: "30 10 * * *" }],
    ["never, while it is paused", done("09:00:00"), undefined, { enabled: false }],
  ])("%s", (_rule, state, expected, over) => {
    const schedule = { ...hourly, ...over };
    expect(nextFire(schedule, state, dueTimes(schedule.cron, schedule.timezone), at("09:20:00"))).toBe(expected && at(expected));
  });
});

test("an id is the schedule's name and the due time", () => {
  expect(dueId("nightly", Date.UTC(2026, 10, 22, 3))).toBe("nightly-20261122T030000Z");
});
