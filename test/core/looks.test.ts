/** Scenarios of a service without any key: a repeated submit would start a second run, so two looks come first. */
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import { testDispatcher } from "../support/dispatcher.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KEY = runKey("r");
const KEYLESS = { idempotent: false, finds: true, repeatsAfterLooks: true, landingSeconds: 60 } as const;

function keyless(findLagMilliseconds = 5 * SECOND) {
  return testDispatcher({ traits: { ...KEYLESS, findLagMilliseconds } });
}

test.each([
  ["taken: it is found, and one is kept", true],
  ["not taken: it is launched again", false],
])("an unanswered submit is not repeated in its invocation; %s", async (_rule, taken) => {
  const { submit, service, item, run } = keyless();
  service.next({ kind: "lost", taken });
  expect(await submit("r")).toMatchObject({ outcome: "unknown" });
  expect(service.submits).toHaveLength(1);
  await run(10 * MINUTE);
  expect(item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  expect(service.startsOf(KEY)).toBe(1);
});

test("a call that lands within the landing time is found, however late, by a list that lags", async () => {
  const { submit, service, item, run } = keyless();
  // The first look comes after half a minute at the earliest, the second a landing time after it.
  service.next({ kind: "late", milliseconds: 55 * SECOND });
  await submit("r");
  await run(10 * MINUTE);
  expect(item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  expect(service.startsOf(KEY)).toBe(1);
});

test("two looks a landing time apart come before the repeat, and the first is on the record", async () => {
  const { submit, service, item, run } = keyless();
  service.next({ kind: "lost", taken: false });
  await submit("r");
  await run(50 * SECOND);
  expect(item("r")).toMatchObject({ state: "LAUNCHING", unsettled: true, error: { code: "NOT_SEEN" } });
  expect(service).toMatchObject({ finds: 1 });
  expect(service.submits).toHaveLength(1);
  await run(40 * SECOND);
  expect(service.submits).toHaveLength(1);
  await run(2 * MINUTE);
  expect(service).toMatchObject({ finds: 2 });
  expect(service.submits).toHaveLength(2);
});

test.each([
  ["after the call was taken", true, 1],
  ["before it was", false, 1],
])("a dispatcher that ends around its call, %s: one is kept", async (_rule, taken, starts) => {
  const { submit, service, item, run } = keyless();
  service.next({ kind: "crash", taken });
  await submit("r").catch(() => undefined);
  await run(10 * MINUTE);
  expect(item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  expect(service.startsOf(KEY)).toBe(starts);
});

test("one that ends around the repeat as well is looked for twice again", async () => {
  const { submit, service, item, run } = keyless();
  service.next({ kind: "crash", taken: false }, { kind: "crash", taken: true });
  await submit("r").catch(() => undefined);
  for (let minute = 0; minute < 12; minute++) await run(MINUTE).catch(() => undefined);
  expect(item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  expect(service.submits).toHaveLength(2);
  expect(service.startsOf(KEY)).toBe(1);
});

test.each(["throttled", "capacity", "unavailable"] as const)(
  "%s of the repeat says that nothing exists: the run waits for a new attempt",
  async (failureClass) => {
    const { submit, service, item, run } = keyless();
    service.next({ kind: "lost", taken: false });
    await submit("r");
    service.otherwise(() => ({ kind: "refused", class: failureClass }));
    await run(4 * MINUTE);
    expect(item("r")).toMatchObject({ state: "WAITING" });
    service.otherwise(() => ({ kind: "accepted" }));
    await run(20 * MINUTE);
    expect(item("r")).toMatchObject({ state: "SUCCEEDED" });
    expect(service.startsOf(KEY)).toBe(1);
  },
);

test("cancelled while in doubt: nothing is submitted any more", async () => {
  const { submit, cancel, service, item, run } = keyless();
  service.next({ kind: "lost", taken: false });
  await submit("r");
  await cancel("r");
  await run(HOUR);
  expect(item("r")).toMatchObject({ state: "CANCELLED" });
  expect(service.submits).toHaveLength(1);
});

test("the first look comes an hour late: it is the first all the same", async () => {
  const { submit, wake, clock, service } = keyless();
  service.next({ kind: "lost", taken: false });
  await submit("r");
  await clock.advance(HOUR);
  expect(await wake("r")).toMatchObject({ outcome: "unknown", code: "NOT_SEEN" });
  expect(service.submits).toHaveLength(1);
  await clock.advance(2 * MINUTE);
  expect(await wake("r")).toMatchObject({ outcome: "launched" });
});

test("a dispatcher that ended around the repeat, and an hour in which nobody looked: two looks again", async () => {
  const { submit, wake, clock, service } = keyless();
  service.next({ kind: "lost", taken: false }, { kind: "crash", taken: false });
  await submit("r");
  for (const _look of [1, 2]) {
    await clock.advance(HOUR);
    await wake("r").catch(() => undefined);
  }
  expect(service.submits).toHaveLength(2);
  await clock.advance(HOUR);
  expect(await wake("r")).toMatchObject({ outcome: "unknown", code: "NOT_SEEN" });
  expect(service.submits).toHaveLength(2);
});
