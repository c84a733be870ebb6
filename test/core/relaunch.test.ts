/** What never started, for a reason that may pass, is launched again: a few times. */
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import { observe } from "../../shared/core/observe.ts";
import type { RunOutcome } from "../../shared/core/record.ts";
import { standingOf } from "../../shared/core/standing.ts";
import { type TestDispatcher, testDispatcher } from "../support/dispatcher.ts";
import { doubleTarget } from "../support/runs.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEY = runKey("r");
const NEVER: RunOutcome = {
  state: "FAILED",
  failure: { class: "start_failure", reason: "RESOURCE:MEMORY", hint: "More room." },
  neverStarted: true,
};

/** Every attempt ends so before it has begun, up to this one. */
async function failing(dispatcher: TestDispatcher, last: number): Promise<void> {
  const { service, run } = dispatcher;
  for (let minute = 0; minute < 60; minute++) {
    for (const { launched, outcome } of service.started)
      if (launched.attempt <= last && outcome === undefined) service.end(launched.handle, NEVER);
    await run(MINUTE);
  }
}

const SLOW = { startMilliseconds: 2 * MINUTE, runMilliseconds: 5 * MINUTE };

test("launched again as a new attempt, with a wait, and it succeeds", async () => {
  const dispatcher = testDispatcher({ traits: SLOW });
  await dispatcher.submit("r");
  dispatcher.service.end(`place of one/${KEY}-1`, NEVER);
  await dispatcher.clock.advance(MINUTE);
  await dispatcher.sweep();
  const waiting = dispatcher.item("r");
  expect(waiting).toMatchObject({
    state: "WAITING",
    relaunches: 1,
    attempt: 1,
    error: { code: "NEVER_STARTED", message: "RESOURCE:MEMORY" },
  });
  expect(waiting.handle).toBeUndefined();
  expect((waiting.dueAt ?? 0) - dispatcher.clock.now()).toBeGreaterThan(20_000);
  await dispatcher.run(15 * MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 2 });
  expect(dispatcher.item("r").error).toBeUndefined();
});

test.each([
  [0, 1],
  [1, 2],
  [2, 3],
])("at most as often as the target says: relaunch %i", async (relaunch, attempts) => {
  const dispatcher = testDispatcher({ traits: SLOW, targets: [doubleTarget({ relaunch })] });
  await dispatcher.submit("r");
  await failing(dispatcher, 99);
  expect(dispatcher.item("r")).toMatchObject({
    state: "FAILED",
    attempt: attempts,
    failure: { class: "start_failure", hint: "More room." },
  });
  expect(dispatcher.service.startsOf(KEY)).toBe(attempts);
});

test("another reason is not tried again", async () => {
  const dispatcher = testDispatcher({ traits: SLOW });
  await dispatcher.submit("r");
  dispatcher.service.end(`place of one/${KEY}-1`, { state: "FAILED", failure: { class: "image_pull", reason: "no such image" } });
  await dispatcher.run(HOUR);
  expect(dispatcher.item("r")).toMatchObject({ state: "FAILED", attempt: 1, failure: { class: "image_pull" } });
});

test.each([2, 0])(
  "a run whose cancel was requested is not launched again: it is CANCELLED, since nothing of it ran: relaunch %i",
  async (relaunch) => {
    const dispatcher = testDispatcher({ traits: SLOW, targets: [doubleTarget({ relaunch })] });
    await dispatcher.submit("r");
    dispatcher.service.silent = true;
    await expect(dispatcher.cancel("r")).rejects.toThrow("silent");
    dispatcher.service.silent = false;
    dispatcher.service.end(`place of one/${KEY}-1`, NEVER);
    await dispatcher.run(HOUR);
    expect(dispatcher.item("r")).toMatchObject({ state: "CANCELLED", attempt: 1 });
    expect(dispatcher.service.startsOf(KEY)).toBe(1);
  },
);

test("a cancel that comes while it waits to be launched again ends it", async () => {
  const dispatcher = testDispatcher({ traits: SLOW });
  await dispatcher.submit("r");
  dispatcher.service.end(`place of one/${KEY}-1`, NEVER);
  await dispatcher.clock.advance(MINUTE);
  await dispatcher.sweep();
  expect(await dispatcher.cancel("r")).toMatchObject({ outcome: "cancelled" });
  await dispatcher.run(HOUR);
  expect(dispatcher.service.startsOf(KEY)).toBe(1);
});

test("an event tells it before the launch is recorded, and again, and late: one attempt follows", async () => {
  const dispatcher = testDispatcher({ traits: { ...SLOW, runMilliseconds: HOUR } });
  const { context, submit, run, item, service } = dispatcher;
  const launched = { id: "r", key: KEY, attempt: 1, handle: `place of one/${KEY}-1` };
  const seen = { status: "ended", handle: { id: launched.handle }, endedAt: dispatcher.clock.now(), version: 5, outcome: NEVER } as const;
  const tell = () => observe(context, launched, seen, 60);
  const { backends } = context;
  Object.assign(context, {
    backends: async (...target: Parameters<typeof backends>) => {
      const backend = await backends(...target);
      return {
        ...backend,
        async submit(...call: Parameters<typeof backend.submit>) {
          const outcome = await backend.submit(...call);
          Object.assign(context, { backends });
          service.end(launched.handle, NEVER);
          await tell();
          return outcome;
        },
      };
    },
  });
  expect(await submit("r")).toMatchObject({ state: "WAITING" });
  await tell();
  expect(item("r")).toMatchObject({ state: "WAITING", relaunches: 1 });
  await run(3 * MINUTE);
  expect(item("r")).toMatchObject({ attempt: 2 });
  await tell();
  expect(item("r")).toMatchObject({ attempt: 2, relaunches: 1 });
  expect(service.startsOf(KEY)).toBe(2);
});

test("not after its time: it is EXPIRED, since nothing of it ever ran, and says what became of the attempts before", async () => {
  const dispatcher = testDispatcher({ traits: SLOW });
  await dispatcher.submit({ id: "r", notAfter: dispatcher.clock.now() + MINUTE });
  await failing(dispatcher, 99);
  const item = dispatcher.item("r");
  expect(item).toMatchObject({ state: "EXPIRED", attempt: 1, error: { code: "EXPIRED", path: "not_after" } });
  expect(standingOf(item, dispatcher.clock.now())).toMatchObject({
    summary: expect.stringMatching(/^it was not launched in time: .*until then: NEVER_STARTED, RESOURCE:MEMORY$/),
    next: [expect.stringContaining("`not_after` does not hold when it is reopened"), "Then `slipway reopen ID`."],
  });
});
