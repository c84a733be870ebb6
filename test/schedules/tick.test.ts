/** Ticks over a store in memory: crashes between every two steps, ticks side by side, sleeps, and clocks that are set back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueTimes } from "../../shared/adapters/due-times.ts";
import { dueId, type ScheduleState } from "../../shared/core/due.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { Schedule } from "../../shared/core/target.ts";
import { type ScheduleStore, type Ticked, TickFailed, tick } from "../../shared/core/tick.ts";
import { START } from "../support/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A step of a tick before or after which its process ends. */
type Crash = "read" | "send" | "sent" | "changed" | undefined;

class Ended extends Error {}

/** A table and a queue of schedules, and what ticks do to them. */
function world(schedules: Schedule[]) {
  const items = new Map<string, ScheduleState>();
  const messages: string[] = [];
  const told: Ticked[] = [];
  const state = { now: START, known: [] as readonly string[], schedules, broken: new Set<string>() };
  const store = (crash: Crash): ScheduleStore => ({
    async read(names) {
      if (crash === "read") throw new Ended();
      return {
        states: new Map(names.flatMap((name) => (items.has(name) ? [[name, items.get(name) as ScheduleState]] : []))),
        known: state.known,
      };
    },
    async change(name, from, to) {
      const { rule, lastDue, pausedAt, goneAt } = items.get(name) ?? {};
      const same = rule === from?.rule && lastDue === from?.lastDue && pausedAt === from?.pausedAt && goneAt === from?.goneAt;
      if (same) items.set(name, to);
      if (crash === "changed") throw new Ended();
      return same;
    },
    async remember(names) {
      state.known = names;
    },
  });
  return {
    items,
    messages,
    told,
    state,
    ids: () => messages.map((body) => (JSON.parse(body) as { id: string }).id),
    tick(crash?: Crash) {
      const send = async (body: string) => {
        if (crash === "send") throw new Ended();
        const { id } = JSON.parse(body) as { id: string };
        if ([...state.broken].some((name) => id.startsWith(`${name}-`))) throw new StateUnavailable("the queue could not be written");
        messages.push(body);
        if (crash === "sent") throw new Ended();
      };
      const context = {
        schedules: state.schedules,
        store: store(crash),
        clock: { now: () => state.now },
        send,
        dueTimes: ({ cron, timezone }: Schedule) => dueTimes(cron, timezone),
      };
      return tick(context, (ticked) => told.push(ticked));
    },
  };
}

function scheduleOf(name: string, over: Partial<Schedule> = {}): Schedule {
  return { name, cron: "0 * * * *", timezone: "UTC", enabled: true, request: { run_config: { type: "UniversalRun" } }, ...over };
}

test("a run is enqueued at its due time, under the id that says it, with the request as it is written", async () => {
  const { tick, state, messages, told } = world([scheduleOf("hourly")]);
  await tick();
  expect(messages).toEqual([]);
  state.now = START + HOUR;
  await tick();
  await tick();
  expect(messages.map((body) => JSON.parse(body))).toEqual([{ id: "hourly-20260105T130000Z", run_config: { type: "UniversalRun" } }]);
  expect(told).toEqual([
    { schedule: "hourly", outcome: "started" },
    {
      schedule: "hourly",
      outcome: "fired",
      id: "hourly-20260105T130000Z",
      due: "2026-01-05T13:00:00.000Z",
      lateMilliseconds: 0,
      missed: 0,
    },
  ]);
});

test("after a sleep there is one run, for the last due time, and the log says how many it missed", async () => {
  const { tick, state, ids, told, items } = world([scheduleOf("hourly")]);
  await tick();
  state.now = START + 9 * HOUR + 20 * MINUTE;
  await tick();
  expect(ids()).toEqual(["hourly-20260105T210000Z"]);
  expect(told.at(-1)).toMatchObject({ missed: 8, lateMilliseconds: 20 * MINUTE });
  expect(items.get("hourly")).toMatchObject({ firedId: "hourly-20260105T210000Z", missed: 8 });
});

test.each(["read", "send", "sent", "changed"] as const)(
  "a crash at %s loses no due time, and the next tick repeats no id but that one",
  async (crash) => {
    const { tick, state, ids } = world([scheduleOf("hourly")]);
    await tick();
    state.now = START + HOUR;
    await expect(tick(crash)).rejects.toThrow();
    await tick();
    state.now += HOUR;
    await tick();
    expect([...new Set(ids())]).toEqual(["hourly-20260105T130000Z", "hourly-20260105T140000Z"]);
    expect(ids()).toHaveLength(crash === "sent" ? 3 : 2);
  },
);

test("two ticks at once enqueue one id, and one of them says that the other was faster", async () => {
  const { tick, state, ids, told } = world([scheduleOf("hourly")]);
  await tick();
  state.now = START + HOUR;
  await Promise.all([tick(), tick()]);
  expect(new Set(ids())).toEqual(new Set(["hourly-20260105T130000Z"]));
  expect(
    told
      .slice(1)
      .map(({ outcome }) => outcome)
      .toSorted(),
  ).toEqual(["fired", "fired by another"]);
});

test("a schedule that fails keeps no other from firing, and fires when it can", async () => {
  const { tick, state, ids } = world([scheduleOf("bad"), scheduleOf("good"), scheduleOf("broken", { cron: "no rule" })]);
  await tick().catch(() => undefined);
  state.broken.add("bad");
  state.now = START + HOUR;
  const error = await tick().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TickFailed);
  expect((error as TickFailed).errors.map(String).toSorted()).toEqual([
    'Error: the schedule "bad" could not be ticked',
    'Error: the schedule "broken" could not be ticked',
  ]);
  expect(ids()).toEqual(["good-20260105T130000Z"]);
  state.broken.clear();
  await tick().catch(() => undefined);
  expect(ids()).toEqual(["good-20260105T130000Z", "bad-20260105T130000Z"]);
});

describe("a changed configuration", () => {
  test("a schedule that is taken out is noted once; back much later, it makes up for nothing", async () => {
    const both = [scheduleOf("stays"), scheduleOf("goes")];
    const { tick, state, ids, told } = world(both);
    await tick();
    state.schedules = both.slice(0, 1);
    for (let time = 0; time < 3; time++) await tick();
    expect(told.filter(({ outcome }) => outcome === "gone")).toEqual([{ schedule: "goes", outcome: "gone" }]);
    state.now = START + 5 * HOUR + MINUTE;
    state.schedules = both;
    await tick();
    expect(ids()).toEqual(["stays-20260105T170000Z"]);
    state.now += HOUR;
    await tick();
    expect(ids().slice(1).toSorted()).toEqual(["goes-20260105T180000Z", "stays-20260105T180000Z"]);
  });

  test("two versions at work during a deployment lose nothing of a new schedule", async () => {
    const old = [scheduleOf("stays")];
    const both = [...old, scheduleOf("new")];
    const { tick, state, ids } = world(old);
    for (let minute = 50; minute <= 70; minute++) {
      state.now = START + minute * MINUTE;
      state.schedules = minute % 2 === 0 ? both : old;
      await tick();
    }
    expect([...new Set(ids())].toSorted()).toEqual(["new-20260105T130000Z", "stays-20260105T130000Z"]);
  });

  test("a paused schedule fires nothing, also of the pause when it ends", async () => {
    const { tick, state, ids } = world([scheduleOf("s")]);
    await tick();
    state.schedules = [scheduleOf("s", { enabled: false })];
    await tick();
    state.now = START + 3 * HOUR;
    await tick();
    state.schedules = [scheduleOf("s")];
    await tick();
    state.now += 59 * MINUTE;
    await tick();
    expect(ids()).toEqual([]);
    state.now += MINUTE;
    await tick();
    expect(ids()).toEqual(["s-20260105T160000Z"]);
  });
});

const SEED = Number(process.env["SLIPWAY_SEED"] ?? Date.now() % 1_000_000);

const RULES = [
  ["0 * * * *", "UTC"],
  ["30 2 * * *", "Europe/Berlin"],
  ["*/20 * * * *", "America/New_York"],
  ["15 1-3 * * *", "Australia/Lord_Howe"],
  ["0 3 * * 1-5", "Asia/Kathmandu"],
] as const;

/** Before each change of daylight saving of one of the zones. */
const STARTS = ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z", "2026-03-07T12:00:00Z", "2026-10-31T12:00:00Z", "2026-04-03T12:00:00Z"];

const happenings = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("pass" as const), by: fc.integer({ min: 1, max: 90 * 60 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("pass" as const), by: fc.integer({ min: 3600, max: 2 * 86_400 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("back" as const), by: fc.integer({ min: 1, max: 12 * 3600 }) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("tick" as const),
        crash: fc.constantFrom<Crash>(undefined, undefined, undefined, "read", "send", "sent", "changed"),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "two ticks" as const }) },
  ),
  { minLength: 5, maxLength: 60 },
);

test(`whatever befalls the ticks: after each whole one the last due time is enqueued, and no due time is twice without a crash (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...STARTS), fc.integer({ min: 0, max: 1 }), happenings, async (start, jittered, events) => {
      const schedules = RULES.map(([cron, timezone], index) =>
        scheduleOf(`s${index}`, { cron, timezone, ...(jittered ? { jitterSeconds: 600 } : {}) }),
      );
      const { tick, state, ids } = world(schedules);
      state.now = Date.parse(start);
      const began = state.now;
      let repeats = 0;
      await tick();
      for (const event of events) {
        if (event.kind === "pass") state.now += event.by * 1000;
        else if (event.kind === "back") state.now -= event.by * 1000;
        else if (event.kind === "two ticks") {
          await Promise.all([tick(), tick()]);
          repeats++;
        } else {
          await tick(event.crash).catch(() => undefined);
          if (event.crash === "sent") repeats++;
        }
        if (event.kind === "two ticks" || (event.kind === "tick" && event.crash === undefined)) {
          for (const { name, cron, timezone } of schedules) {
            // What is still within its delay may be enqueued, what is beyond it must be.
            const due = dueTimes(cron, timezone).last(state.now - (jittered ? 600_000 : 0)) ?? 0;
            if (due > began)
              expect(
                ids().some((id) => id.startsWith(`${name}-`) && id >= dueId(name, due)),
                dueId(name, due),
              ).toBe(true);
          }
        }
      }
      const counts = Map.groupBy(ids(), (id) => id);
      for (const [id, all] of counts) expect(all.length, id).toBeLessThanOrEqual(1 + repeats);
      if (repeats === 0) expect(new Set(ids()).size).toBe(ids().length);
    }),
    { seed: SEED, numRuns: Number(process.env["SLIPWAY_PLANS"] ?? 60) },
  );
}, 600_000);
