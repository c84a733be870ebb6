/** What is found at a target with our mark: what is done about it, given the record of its run. */
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import type { Owned } from "../../shared/core/launcher.ts";
import { type Deal, dealtWith } from "../../shared/core/leftover.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { testDispatcher } from "../support/dispatcher.ts";
import { doubleTarget } from "../support/runs.ts";
import type { ServiceDouble } from "../support/service-double.ts";
import { START } from "../support/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = START + 10 * DAY;
const LONG_AGO = NOW - HOUR;

const REMEMBERED = (30 * DAY) / 1000;

const ACTIVE: Owned = { key: "k", attempt: 1, handle: "h", status: "active" };
const ENDED: Owned = { ...ACTIVE, status: "ended", endedAt: LONG_AGO };

function record(over: Partial<RunRecord>): RunRecord {
  return {
    id: "r",
    key: "k",
    attempt: 1,
    digest: "d",
    handle: "h",
    attemptAt: LONG_AGO,
    timeline: [{ at: LONG_AGO, event: "claimed" }],
    ...over,
  };
}

const unlaunched = (over: Partial<RunRecord>) => {
  const { handle: _handle, ...rest } = record(over);
  return rest;
};

const TOMBSTONE: RunRecord = { id: "r", key: "k", attempt: 0, cancelRequestedAt: 1, expiresAt: 9 };

test.each<[string, Owned, RunRecord | undefined, Deal["do"], number?]>([
  ["it runs, and so says its record", ACTIVE, record({ state: "RUNNING" }), "nothing"],
  ["it starts, and so says its record", ACTIVE, record({ state: "LAUNCHED" }), "nothing"],
  ["its launch is just being settled", ACTIVE, unlaunched({ state: "LAUNCHING" }), "nothing"],
  ["a second one of the attempt runs", { ...ACTIVE, handle: "other" }, record({ state: "RUNNING" }), "stop"],
  ["an attempt that another has followed on runs", ACTIVE, record({ state: "RUNNING", attempt: 2, handle: "h2" }), "stop"],
  ["an attempt that another is just following on runs", ACTIVE, unlaunched({ state: "LAUNCHING", attempt: 2 }), "stop"],
  ["it runs, and its launch counts as refused", ACTIVE, unlaunched({ state: "REJECTED" }), "stop"],
  ["it runs, and its run waits for another attempt", ACTIVE, unlaunched({ state: "WAITING" }), "stop"],
  ["it runs, and its run was cancelled without it", ACTIVE, unlaunched({ state: "CANCELLED" }), "stop"],
  ["a second one runs on after the run's end", { ...ACTIVE, handle: "other" }, record({ state: "SUCCEEDED", endedAt: LONG_AGO }), "stop"],
  ["its end was seen, and the list is late", ACTIVE, record({ state: "SUCCEEDED", endedAt: LONG_AGO }), "nothing"],
  ["it runs, and counts as lost", ACTIVE, record({ state: "LOST", endedAt: LONG_AGO }), "look"],
  ["it runs, and counts as lost before it was ever seen", ACTIVE, unlaunched({ state: "LOST", endedAt: LONG_AGO }), "look"],
  ["it runs beside one that counts as lost", { ...ACTIVE, handle: "other" }, record({ state: "LOST", endedAt: LONG_AGO }), "stop"],
  ["it runs, and no record has its name", ACTIVE, undefined, "alarm"],
  ["it runs, and only a cancel has its name", ACTIVE, TOMBSTONE, "alarm"],
  ["an attempt that the run has not had yet: the table was put back", { ...ACTIVE, attempt: 2 }, record({ state: "RUNNING" }), "alarm"],
  ["the same, ended", { ...ENDED, attempt: 2 }, record({ state: "SUCCEEDED" }), "alarm"],
  ["it ended, and so says its record", ENDED, record({ state: "SUCCEEDED", endedAt: LONG_AGO }), "remove"],
  ["it ended, and that is yet to be seen", ENDED, record({ state: "RUNNING" }), "nothing"],
  ["it ended, and its launch is yet to be settled", ENDED, unlaunched({ state: "LAUNCHING" }), "nothing"],
  ["a second one ended", { ...ENDED, handle: "other" }, record({ state: "RUNNING" }), "remove"],
  ["an attempt that another has followed on ended", ENDED, record({ state: "RUNNING", attempt: 2, handle: "h2" }), "remove"],
  [
    "another has followed on it just now",
    ENDED,
    record({ state: "RUNNING", attempt: 2, handle: "h2", attemptAt: NOW - MINUTE }),
    "nothing",
  ],
  [
    "it ended, and that was recorded just now",
    ENDED,
    record({ state: "FAILED", timeline: [{ at: NOW - MINUTE, event: "failed" }] }),
    "nothing",
  ],
  ["it ended, and is kept for people to look at", ENDED, record({ state: "FAILED", endedAt: LONG_AGO }), "nothing", 2 * HOUR],
  ["it ended, and was kept long enough", ENDED, record({ state: "FAILED", endedAt: LONG_AGO }), "remove", HOUR / 2],
  [
    "it ended, no one knows when but the record",
    { ...ACTIVE, status: "ended" },
    record({ state: "FAILED", endedAt: LONG_AGO }),
    "nothing",
    2 * HOUR,
  ],
  ["it ended, and no record has its name: it may be another table's", ENDED, undefined, "nothing"],
  ["it ended when its record would still be kept: another table follows it", { ...ENDED, endedAt: NOW - 30 * DAY }, undefined, "nothing"],
  ["it ended before that, and no record has its name any more", { ...ENDED, endedAt: NOW - 30 * DAY - 1 }, undefined, "remove"],
  ["the same, kept longer", { ...ENDED, endedAt: NOW - 31 * DAY }, undefined, "nothing", 40 * DAY],
  ["it ended nobody knows when, and no record has its name", { ...ACTIVE, status: "ended" }, undefined, "nothing"],
])("%s", (_what, owned, known, deal, keep = 0) => {
  expect(dealtWith(owned, known, { keepSeconds: keep / 1000 }, NOW, REMEMBERED).do).toBe(deal);
});

test("an outcome is told with the removal of the record's own, and of nothing else", () => {
  const succeeded = record({ state: "SUCCEEDED", endedAt: LONG_AGO });
  expect(dealtWith(ENDED, succeeded, {}, NOW, REMEMBERED)).toEqual({ do: "remove", outcome: "SUCCEEDED" });
  expect(dealtWith({ ...ENDED, handle: "other" }, succeeded, {}, NOW, REMEMBERED)).toEqual({ do: "remove" });
  expect(dealtWith(ENDED, record({ state: "RUNNING", attempt: 2, handle: "h2" }), {}, NOW, REMEMBERED)).toEqual({ do: "remove" });
});

const KEY = runKey("r");

test("what an ended run left is removed some minutes after its end was recorded, once", async () => {
  const { submit, run, service } = testDispatcher();
  await submit("r");
  await run(5 * MINUTE);
  expect(service.removals).toEqual([]);
  await run(15 * MINUTE);
  expect(service.removals).toEqual([`place of one/${KEY}-1`]);
  await run(30 * MINUTE);
  expect(service.removals).toHaveLength(1);
});

test("a superseded attempt that is found running is stopped, and told on the record once", async () => {
  const { submit, run, item, service } = testDispatcher({ traits: { runMilliseconds: 3 * HOUR } });
  service.next({ kind: "refused", class: "capacity" });
  await submit("r");
  await run(2 * MINUTE);
  expect(item("r")).toMatchObject({ state: "RUNNING", attempt: 2 });
  const stray = service.plant({ id: "r", key: KEY, attempt: 1, handle: `place of one/${KEY}-1` });
  await run(10 * MINUTE);
  expect(service.stops).toEqual([stray.launched.handle]);
  const told = () => item("r").timeline?.filter(({ event }) => event === "stray stopped") ?? [];
  expect(told()).toMatchObject([{ message: expect.stringContaining("superseded by attempt 2") }]);
  stray.endsAt = START + DAY;
  await run(20 * MINUTE);
  expect(service.stops.length).toBeGreaterThan(1);
  expect(told()).toHaveLength(1);
  expect(item("r")).toMatchObject({ state: "RUNNING", attempt: 2 });
});

test.each<[string, (service: ServiceDouble, handle: string) => void, number]>([
  ["was taken away", (service, handle) => service.forget(handle), 0],
  ["ended", (service, handle) => service.end(handle, { state: "SUCCEEDED", exitCode: 0 }), 0],
  ["was lost: something of it may live on", (service, handle) => service.end(handle, { state: "LOST", reason: "killed" }), 1],
])("what the list shows and what meanwhile %s", async (_what, happens, stops) => {
  const { submit, run, item, service, context } = testDispatcher({ traits: { runMilliseconds: 3 * HOUR } });
  service.next({ kind: "refused", class: "capacity" });
  await submit("r");
  await run(2 * MINUTE);
  const handle = `place of one/${KEY}-1`;
  service.plant({ id: "r", key: KEY, attempt: 1, handle });
  const { read } = context.store;
  // The whole list is made before the first record is read.
  const reading = async (...asked: Parameters<typeof read>) => {
    if (asked[0] === KEY) happens(service, handle);
    return read(...asked);
  };
  Object.assign(context, { store: { ...context.store, read: reading } });
  await run(10 * MINUTE);
  expect(service.stops).toHaveLength(stops);
  expect(item("r").timeline?.filter(({ event }) => event === "stray stopped")).toHaveLength(stops);
});

test("a lost run that runs all the same is followed again", async () => {
  const { submit, run, item, service } = testDispatcher({ traits: { runMilliseconds: HOUR } });
  await submit("r");
  await run(MINUTE);
  service.forget(`place of one/${KEY}-1`);
  await run(8 * MINUTE);
  expect(item("r").state).toBe("LOST");
  service.plant({ id: "r", key: KEY, attempt: 1, handle: `place of one/${KEY}-1` });
  await run(10 * MINUTE);
  expect(item("r").state).toBe("RUNNING");
  expect(service.stops).toEqual([]);
});

test("what runs and has no record is left alone, and somebody is told at each turn", async () => {
  const { clock, sweep, service } = testDispatcher({ traits: { runMilliseconds: DAY } });
  service.plant({ id: "x", key: runKey("x"), attempt: 1, handle: "x" });
  const alarms: unknown[] = [];
  for (let minute = 0; minute < 21; minute++) {
    await clock.advance(MINUTE);
    alarms.push(...(await sweep()).problems);
  }
  expect(alarms).toHaveLength(2);
  expect(alarms[0]).toMatchObject({ target: "one", alarm: true, message: expect.stringContaining("left alone") });
  expect([service.stops, service.removals]).toEqual([[], []]);
});

test("targets of one place are gone through once; a place's turn is every ten minutes, whoever sweeps", async () => {
  const shared = doubleTarget({ name: "two", labels: ["b"], settings: { place: "place of one" } });
  const { clock, context, sweep } = testDispatcher({ targets: [doubleTarget(), shared, doubleTarget({ name: "three", labels: ["c"] })] });
  const taken: string[] = [];
  const { take } = context.turns;
  const turns = {
    async take(...turn: Parameters<typeof take>) {
      const ours = await take(...turn);
      if (ours) taken.push(turn[0]);
      return ours;
    },
  };
  Object.assign(context, { turns });
  for (let minute = 0; minute < 10; minute++) {
    await Promise.all([sweep(), sweep()]);
    await clock.advance(MINUTE);
  }
  expect(taken).toEqual(["clear-up#place of one", "clear-up#place of three"]);
  await clock.advance(MINUTE);
  await sweep();
  expect(taken).toHaveLength(4);
});
