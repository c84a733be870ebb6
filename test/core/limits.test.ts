/** Limits and cancels: stopped first, recorded after; and what becomes of the end that follows. */
import { expect, test } from "vitest";
import { acceptCancel } from "../../shared/core/accept.ts";
import { runKey } from "../../shared/core/identity.ts";
import { passedLimit } from "../../shared/core/limits.ts";
import type { RunFailure, RunOutcome } from "../../shared/core/record.ts";
import { testDispatcher } from "../support/dispatcher.ts";
import { doubleTarget } from "../support/runs.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEY = runKey("r");
const HANDLE = `place of one/${KEY}-1`;
const HELD: RunFailure = { class: "image_pull", reason: "the image acme/etl:9 was not found", hint: "Look at its name." };

test.each<[string, Parameters<typeof passedLimit>, RunFailure["class"] | undefined]>([
  ["launched, in time", [{ state: "LAUNCHED", launchedAt: 0 }, 900, {}, 900_000], undefined],
  ["launched, not begun in time", [{ state: "LAUNCHED", launchedAt: 0 }, 900, {}, 900_001], "start_failure"],
  ["launched, held", [{ state: "LAUNCHED", launchedAt: 0 }, 900, { held: HELD }, 900_001], "image_pull"],
  ["launched, no limit said: 900 s", [{ state: "LAUNCHED", launchedAt: 0 }, undefined, {}, 900_000], undefined],
  ["launched, no limit said, later", [{ state: "LAUNCHED", launchedAt: 0 }, undefined, {}, 900_001], "start_failure"],
  ["it is made to wait, no limit said", [{ state: "LAUNCHED", launchedAt: 0 }, undefined, { waitsUntil: HOUR }, HOUR + 900_000], undefined],
  [
    "it was made to wait, too long ago",
    [{ state: "LAUNCHED", launchedAt: 0 }, undefined, { waitsUntil: HOUR }, HOUR + 900_001],
    "start_failure",
  ],
  [
    "it is made to wait for ever",
    [{ state: "LAUNCHED", launchedAt: 0 }, undefined, { waitsUntil: Number.POSITIVE_INFINITY }, 99 * HOUR],
    undefined,
  ],
  ["made to wait before its launch was recorded", [{ state: "LAUNCHED", launchedAt: 9 }, undefined, { waitsUntil: 5 }, 900_009], undefined],
  [
    "made to wait, and the operator said how long",
    [{ state: "LAUNCHED", launchedAt: 0 }, 60, { waitsUntil: HOUR }, 60_001],
    "start_failure",
  ],
  ["running, without a limit", [{ state: "RUNNING", launchedAt: 0, startedAt: 5 }, 900, {}, HOUR], undefined],
  ["running, in time", [{ state: "RUNNING", launchedAt: 0, startedAt: 5000, timeoutSeconds: 60 }, 900, {}, 65_000], undefined],
  ["running, too long", [{ state: "RUNNING", launchedAt: 0, startedAt: 5000, timeoutSeconds: 60 }, 900, {}, 65_001], "timeout"],
  ["running, its start unseen", [{ state: "RUNNING", launchedAt: 0, timeoutSeconds: 60 }, 900, {}, 60_001], "timeout"],
  ["waiting", [{ state: "WAITING", launchedAt: 0, timeoutSeconds: 1 }, 1, {}, HOUR], undefined],
  ["ended", [{ state: "SUCCEEDED", launchedAt: 0, timeoutSeconds: 1 }, 1, {}, HOUR], undefined],
])("a limit: %s", (_what, given, passed) => {
  expect(passedLimit(...given)?.class).toBe(passed);
});

test("a run that is longer than its limit: the reason is noted, then it is stopped, then it is FAILED for that reason", async () => {
  const { submit, run, item, service, clock, sweep } = testDispatcher({ traits: { runMilliseconds: HOUR, stopExitCode: 143 } });
  await submit({ id: "r", timeoutSeconds: 300 });
  expect(item("r").timeoutSeconds).toBe(300);
  await run(5 * MINUTE);
  expect(service.stops).toEqual([]);
  await clock.advance(MINUTE);
  expect(await sweep()).toMatchObject({ stopped: 1 });
  expect(item("r")).toMatchObject({ state: "RUNNING", stopping: { class: "timeout" } });
  expect(service.stops).toEqual([HANDLE]);
  await run(MINUTE);
  expect(item("r")).toMatchObject({
    state: "FAILED",
    exitCode: 143,
    failure: {
      class: "timeout",
      exitCode: 143,
      reason: "it ran longer than its limit of 300 s",
      hint: expect.stringContaining("timeout_seconds"),
    },
  });
  expect(item("r").stopping).toBeUndefined();
});

test("the smaller limit counts, and the one of the target that it went to", async () => {
  const { submit, item } = testDispatcher({ targets: [doubleTarget({ timeoutSeconds: 60 })] });
  await submit({ id: "a", timeoutSeconds: 300 });
  await submit({ id: "b", timeoutSeconds: 30 });
  await submit("c");
  expect(["a", "b", "c"].map((id) => item(id).timeoutSeconds)).toEqual([60, 30, 60]);
});

test.each<[string, RunFailure | undefined, RunFailure["class"]]>([
  ["for no known reason", undefined, "start_failure"],
  ["held by its image", HELD, "image_pull"],
])("a run that does not begin in time is stopped, then FAILED: %s", async (_rule, held, failed) => {
  const traits = { startMilliseconds: HOUR, runMilliseconds: HOUR, ...(held === undefined ? {} : { held }) };
  const { submit, run, item, service } = testDispatcher({ traits });
  await submit("r");
  await run(10 * MINUTE);
  expect(item("r")).toMatchObject({ state: "LAUNCHED", ...(held === undefined ? {} : { held }) });
  await run(5 * MINUTE);
  expect(service.stops).toEqual([]);
  await run(2 * MINUTE);
  expect(service.stops).toEqual([HANDLE]);
  expect(item("r")).toMatchObject({ state: "FAILED", failure: { class: failed, reason: expect.stringContaining("900 s") } });
  expect(item("r").held).toBeUndefined();
});

test("what held it is gone from the record when it holds it no more", async () => {
  const traits = { startMilliseconds: 3 * MINUTE, runMilliseconds: HOUR, held: HELD };
  const { submit, run, item } = testDispatcher({ traits });
  await submit("r");
  await run(2 * MINUTE);
  expect(item("r").held).toEqual(HELD);
  await run(2 * MINUTE);
  expect(item("r")).toMatchObject({ state: "RUNNING" });
  expect(item("r").held).toBeUndefined();
});

test.each<[string, RunOutcome, object]>([
  ["exit 0 is a success, whoever stopped it", { state: "SUCCEEDED", exitCode: 0 }, { state: "SUCCEEDED", exitCode: 0 }],
  [
    "an error of its own in the same moment is the limit's",
    { state: "FAILED", failure: { class: "app_error", exitCode: 3, reason: "3" } },
    { state: "FAILED", exitCode: 3, failure: { class: "timeout" } },
  ],
  [
    "stopped by a person meanwhile",
    { state: "FAILED", failure: { class: "stopped", reason: "by user" } },
    { state: "FAILED", failure: { class: "timeout" } },
  ],
  ["nobody knows how it ended", { state: "LOST", reason: "its wrapper was killed" }, { state: "LOST" }],
])("the end of what passed its limit: %s", async (_rule, outcome, end) => {
  const { submit, run, item, service, clock, sweep } = testDispatcher({ traits: { runMilliseconds: HOUR } });
  await submit({ id: "r", timeoutSeconds: 30 });
  await clock.advance(MINUTE);
  expect(await sweep()).toMatchObject({ stopped: 1 });
  service.end(HANDLE, outcome);
  await run(MINUTE);
  expect(item("r")).toMatchObject(end);
});

test("a stop that was noted and not asked for, because the sweep ended, is asked for by the next", async () => {
  const dispatcher = testDispatcher({ traits: { runMilliseconds: HOUR } });
  await dispatcher.submit({ id: "r", timeoutSeconds: 30 });
  const { write } = dispatcher.store;
  Object.assign(dispatcher.context.store, {
    async write(...call: Parameters<typeof write>) {
      const result = await write(...call);
      if (call[1].set.stopping !== undefined) throw new Error("the sweep ended here");
      return result;
    },
  });
  await dispatcher.clock.advance(2 * MINUTE);
  await expect(dispatcher.sweep()).rejects.toThrow("the sweep ended here");
  expect(dispatcher.service.stops).toEqual([]);
  Object.assign(dispatcher.context.store, { write });
  await dispatcher.run(3 * MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "FAILED", failure: { class: "timeout" } });
});

test("a cancel comes first: no limit is noted, and it ends CANCELLED", async () => {
  const { submit, cancel, run, item, service } = testDispatcher({ traits: { runMilliseconds: HOUR } });
  await submit({ id: "r", timeoutSeconds: 30 });
  service.silent = true;
  await expect(cancel("r")).rejects.toThrow("silent");
  await run(5 * MINUTE);
  service.silent = false;
  await run(2 * MINUTE);
  expect(item("r")).toMatchObject({ state: "CANCELLED" });
});

test("a limit comes first: a cancel after it changes nothing of the reason", async () => {
  const { submit, cancel, run, item, clock, sweep } = testDispatcher({ traits: { runMilliseconds: HOUR } });
  await submit({ id: "r", timeoutSeconds: 30 });
  await clock.advance(MINUTE);
  await sweep();
  await cancel("r");
  await run(MINUTE);
  expect(item("r")).toMatchObject({ state: "FAILED", failure: { class: "timeout" } });
});

test.each<[string, boolean, object]>([
  ["cancelled", false, { state: "CANCELLED" }],
  ["over its limit", true, { state: "FAILED", failure: { class: "timeout" } }],
])("where a stop takes the thing away, its absence is the end: %s", async (_rule, limited, end) => {
  const { submit, cancel, run, item, service } = testDispatcher({ traits: { runMilliseconds: HOUR, stopRemoves: true } });
  await submit({ id: "r", ...(limited ? { timeoutSeconds: 30 } : {}) });
  await run(MINUTE);
  if (!limited) await cancel("r");
  await run(3 * MINUTE);
  expect(item("r")).toMatchObject(end);
  // Once to stop it, once to be sure that nothing of it can come.
  expect(service.stops).toEqual([HANDLE, HANDLE]);
});

test.each<[string, boolean, object]>([
  ["cancelled", false, { state: "CANCELLED" }],
  ["over its limit", true, { state: "FAILED", failure: { class: "timeout" } }],
])("where a stop takes the thing away, it waits for a call that may still arrive: %s", async (_rule, limited, end) => {
  const { submit, cancel, run, item, service } = testDispatcher({
    traits: { runMilliseconds: HOUR, stopRemoves: true, finds: true, landingSeconds: 120 },
  });
  service.next({ kind: "late", milliseconds: 100_000 });
  expect(await submit({ id: "r", ...(limited ? { timeoutSeconds: 30 } : {}) })).toMatchObject({ outcome: "launched" });
  if (!limited) expect(await cancel("r")).toMatchObject({ outcome: "cancel requested" });
  await run(1.5 * MINUTE);
  expect(item("r").state).toBe("RUNNING");
  expect(service.stops).toEqual([]);
  await run(4 * MINUTE);
  expect(item("r")).toMatchObject(end);
  expect(item("r").stopFrom).toBeUndefined();
  expect(service.stops).toEqual([HANDLE, HANDLE]);
  expect(service.startsOf(runKey("r"))).toBe(1);
});

test("where a stop takes the thing away, one that vanished by itself is missed all the same", async () => {
  const { submit, run, item, service } = testDispatcher({ traits: { runMilliseconds: HOUR, stopRemoves: true } });
  await submit("r");
  await run(MINUTE);
  service.forget(HANDLE);
  await run(7 * MINUTE);
  expect(item("r").state).toBe("LOST");
  expect(service.stops).toEqual([]);
});

test("a service that does not answer: nothing is stopped and nothing removed, whatever is due", async () => {
  const { submit, cancel, run, item, service, sweep, clock } = testDispatcher({
    traits: { runMilliseconds: HOUR, startMilliseconds: MINUTE },
  });
  await submit("ended");
  service.end(`place of one/${runKey("ended")}-1`, { state: "SUCCEEDED", exitCode: 0 });
  await run(2 * MINUTE);
  for (const id of ["long", "cancelled", "slow"]) await submit({ id, timeoutSeconds: 90 });
  await run(2 * MINUTE);
  service.silent = true;
  await cancel("cancelled").catch(() => undefined);
  const stops = service.stops.length;
  for (let minute = 0; minute < 40; minute++) {
    await clock.advance(MINUTE);
    expect(await sweep()).toMatchObject({ stopped: 0, removed: 0 });
  }
  expect(service.stops.length).toBe(stops);
  expect(service.removals).toEqual([]);
  expect(["long", "cancelled", "slow"].map((id) => item(id).state)).toEqual(["RUNNING", "RUNNING", "RUNNING"]);
  service.silent = false;
  await run(20 * MINUTE);
  expect(["long", "cancelled", "slow"].map((id) => item(id).state)).toEqual(["FAILED", "CANCELLED", "FAILED"]);
  expect(service.removals.length).toBeGreaterThan(0);
});

/** Seconds between the looks at a run of six hours. */
async function gapsOf(traits: Parameters<typeof testDispatcher>[0]): Promise<readonly number[]> {
  const { submit, clock, sweep, item } = testDispatcher(traits);
  await submit("r");
  const looks: number[] = [];
  for (let minute = 0; minute < 6 * 60 + 5; minute++) {
    await clock.advance(MINUTE);
    if ((await sweep()).inspected > 0) looks.push(clock.now());
  }
  expect(item("r").state).toBe("SUCCEEDED");
  return looks.slice(1).map((at, index) => (at - (looks[index] ?? 0)) / 1000);
}

const LONG = { runMilliseconds: 6 * HOUR - 30_000 };

test("a long run is looked at each minute where nothing else tells of it", async () => {
  expect(new Set(await gapsOf({ traits: LONG }))).toEqual(new Set([60]));
});

test("where events do, looks grow rarer: to a twentieth of its age, and five minutes", async () => {
  const gaps = await gapsOf({ traits: { ...LONG, hasEvents: true } });
  expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
  expect([gaps[0], gaps.at(-1)]).toEqual([60, 300]);
  let age = 60;
  for (const gap of gaps) {
    // A look is due at a minute's sweep: one later than the twentieth says, at the most.
    expect(gap).toBeLessThanOrEqual(Math.max(60, age / 20) + 60);
    age += gap;
  }
  expect(gaps.length).toBeLessThan(120);
});

test("a cancel does not wait for the next look, a limit is passed by no more than a look is late, and the end after either is soon seen", async () => {
  const dispatcher = testDispatcher({ traits: { runMilliseconds: 9 * HOUR, hasEvents: true } });
  const { context, submit, run, item, service, clock, sweep } = dispatcher;
  await submit({ id: "r", timeoutSeconds: 7200 });
  await submit("c");
  await run(2 * HOUR);
  expect(service.stops).toEqual([]);
  const noted = async (what: () => boolean, mostMinutes: number) => {
    for (let minute = 0; minute < mostMinutes && !what(); minute++) await run(MINUTE);
    expect(what()).toBe(true);
  };
  await noted(() => item("r").stopping !== undefined, 6);
  await noted(() => item("r").state === "FAILED", 1);
  expect(item("r")).toMatchObject({ failure: { class: "timeout" } });
  await run(2 * HOUR);
  await acceptCancel(context, "c", undefined);
  await clock.advance(MINUTE);
  expect(await sweep()).toMatchObject({ stopped: 1 });
  await noted(() => item("c").state === "CANCELLED", 1);
});
