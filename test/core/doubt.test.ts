/** Scenarios of an attempt whose outcome is unknown: what settles it, what does not, and where it is repeated. */
import { expect, test } from "vitest";
import { Refusal } from "../../shared/core/errors.ts";
import type { FailureClass } from "../../shared/core/failure.ts";
import { runKey } from "../../shared/core/identity.ts";
import { observe } from "../../shared/core/observe.ts";
import { type TestDispatcher, testDispatcher } from "../support/dispatcher.ts";
import { Crash, faulty, type StoreFault } from "../support/faulty-store.ts";
import { doubleTarget } from "../support/runs.ts";
import { START } from "../support/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEY = runKey("r");

/** The service stays silent for the whole first invocation, having taken the first call or none. */
async function submitUnanswered(
  { submit, service, item }: TestDispatcher,
  taken: boolean,
  sent: Parameters<TestDispatcher["submit"]>[0] = "r",
): Promise<void> {
  let calls = 0;
  service.otherwise(() => ({ kind: "lost", taken: taken && calls++ === 0 }));
  expect(await submit(sent)).toMatchObject({ outcome: "unknown", state: "LAUNCHING" });
  expect(item("r")).toMatchObject({ unsettled: true });
  service.otherwise(() => ({ kind: "accepted" }));
}

test.each([
  ["the service had taken it", true],
  ["the service had not", false],
])("an unknown outcome is settled by the same attempt again: %s", async (_rule, taken) => {
  const dispatcher = testDispatcher();
  await submitUnanswered(dispatcher, taken);
  await dispatcher.run(MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ attempt: 1, handle: `place of one/${KEY}-1` });
  expect(new Set(dispatcher.service.submits.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  expect(dispatcher.service.startsOf(KEY)).toBe(1);
});

test.each<[FailureClass]>([["throttled"], ["capacity"], ["unavailable"], ["denied"], ["invalid"], ["not_found"]])(
  "%s after an unknown settles nothing: the first call may have landed",
  async (failureClass) => {
    const targets = [doubleTarget({ name: "one", fallback: ["two"] }), doubleTarget({ name: "two", labels: ["b"] })];
    const dispatcher = testDispatcher({ targets });
    await submitUnanswered(dispatcher, true);
    dispatcher.service.otherwise(() => ({ kind: "refused", class: failureClass }));
    await dispatcher.run(8 * HOUR);
    expect(dispatcher.item("r")).toMatchObject({ state: "LAUNCHING", attempt: 1, target: "one", unsettled: true });
    dispatcher.service.otherwise(() => ({ kind: "accepted" }));
    await dispatcher.run(20 * MINUTE);
    expect(dispatcher.item("r").state).toBe("SUCCEEDED");
    expect(dispatcher.service.startsOf(KEY)).toBe(1);
  },
);

test("a refusal in the same invocation settles nothing either", async () => {
  const { submit, service, item } = testDispatcher();
  service.next({ kind: "lost", taken: true });
  service.otherwise(() => ({ kind: "refused", class: "invalid" }));
  expect(await submit("r")).toMatchObject({ outcome: "unknown", code: "INVALID" });
  expect(item("r").state).toBe("LAUNCHING");
});

test.each([
  ["for good", "invalid", "REJECTED"],
  ["passing", "capacity", "WAITING"],
] as const)("a refusal that is bound to the key settles an unknown: %s", async (_rule, failureClass, state) => {
  const dispatcher = testDispatcher({ traits: { replaysRefusals: true } });
  await submitUnanswered(dispatcher, false);
  dispatcher.service.otherwise(() => ({ kind: "refused", class: failureClass, decided: true }));
  await dispatcher.run(MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state, attempt: 1 });
});

test.each([
  ["for good", "invalid", "REJECTED"],
  ["passing", "capacity", "WAITING"],
] as const)(
  "a refusal settles an unknown where a look a landing time after the last unanswered call finds nothing: %s",
  async (_rule, failureClass, state) => {
    const dispatcher = testDispatcher({ traits: { finds: true, landingSeconds: 45 } });
    await submitUnanswered(dispatcher, false);
    dispatcher.service.otherwise(() => ({ kind: "refused", class: failureClass }));
    await dispatcher.run(10 * MINUTE);
    expect(dispatcher.item("r").state).toBe(state);
    expect(dispatcher.service.startsOf(KEY)).toBe(0);
  },
);

test("a look that finds the attempt after a refusal adopts it", async () => {
  const dispatcher = testDispatcher({ traits: { finds: true, landingSeconds: 45 } });
  await submitUnanswered(dispatcher, true);
  dispatcher.service.otherwise(() => ({ kind: "refused", class: "invalid" }));
  await dispatcher.run(10 * MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
});

test("a look before the landing time is over proves nothing, whatever was refused meanwhile", async () => {
  const dispatcher = testDispatcher({ traits: { finds: true, landingSeconds: 600 } });
  await submitUnanswered(dispatcher, false);
  dispatcher.service.otherwise(() => ({ kind: "refused", class: "invalid" }));
  await dispatcher.run(9 * MINUTE);
  expect(dispatcher.item("r").state).toBe("LAUNCHING");
  expect(dispatcher.service.finds).toBe(0);
});

test("refusals in between do not put the proof off", async () => {
  const dispatcher = testDispatcher({ traits: { finds: true, landingSeconds: 300 } });
  await submitUnanswered(dispatcher, false);
  dispatcher.service.otherwise(() => ({ kind: "refused", class: "capacity", wokenByLauncher: true }));
  await dispatcher.run(7 * MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "WAITING" });
});

test("not_after never ends an attempt in doubt", async () => {
  const dispatcher = testDispatcher();
  await submitUnanswered(dispatcher, true, { id: "r", notAfter: START + 1 });
  await dispatcher.run(5 * MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
});

test("a label moved to another target meanwhile changes nothing: the same target, one launch", async () => {
  const [one, two] = [doubleTarget({ name: "one", labels: ["a"] }), doubleTarget({ name: "two", labels: ["b"] })];
  const dispatcher = testDispatcher({ targets: [one, two] });
  await submitUnanswered(dispatcher, true, { id: "r", labels: ["a"] });
  dispatcher.configure({ ...two, labels: ["a"] }, { ...one, labels: ["b"] });
  await dispatcher.run(5 * MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "SUCCEEDED", target: "one", attempt: 1 });
  expect(new Set(dispatcher.service.submits.map(({ place }) => place))).toEqual(new Set(["place of one"]));
  expect(dispatcher.service.startsOf(KEY)).toBe(1);
});

test.each([
  ["its target was renamed", "TARGET_GONE", doubleTarget({ name: "renamed" })],
  ["its target means another place", "PLACE_CHANGED", doubleTarget({ name: "one", settings: { place: "elsewhere" } })],
])("a run in doubt stays, with an alarm, and is launched once when the target is back: %s", async (_rule, code, changed) => {
  const dispatcher = testDispatcher();
  await submitUnanswered(dispatcher, false);
  const submits = dispatcher.service.submits.length;
  dispatcher.configure(changed);
  const alarms = await dispatcher.run(3 * HOUR);
  expect(alarms.length).toBeGreaterThan(5);
  for (const dispatched of alarms) expect(dispatched).toMatchObject({ outcome: "stays", code, alarm: true, state: "LAUNCHING" });
  expect(dispatcher.service.submits).toHaveLength(submits);
  expect(dispatcher.item("r")).toMatchObject({ state: "LAUNCHING", attempt: 1, error: { code } });
  dispatcher.configure(doubleTarget());
  await dispatcher.run(20 * MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  expect(dispatcher.service.startsOf(KEY)).toBe(1);
});

test("a backend that can't be made, once the attempt is in doubt, leaves it in doubt", async () => {
  const dispatcher = testDispatcher();
  await submitUnanswered(dispatcher, true);
  const { context } = dispatcher;
  const backends = context.backends;
  Object.assign(context, { backends: () => Promise.reject(new Refusal("SECRET_UNREADABLE", { path: "", message: "no secret" })) });
  expect((await dispatcher.run(MINUTE))[0]).toMatchObject({ outcome: "unknown", code: "SECRET_UNREADABLE" });
  Object.assign(context, { backends });
  await dispatcher.run(5 * MINUTE);
  expect(dispatcher.item("r").state).toBe("SUCCEEDED");
});

test("a backend that can't be made for a fresh attempt refuses it: nothing was sent", async () => {
  const dispatcher = testDispatcher();
  Object.assign(dispatcher.context, {
    backends: () => Promise.reject(new Refusal("SECRET_UNREADABLE", { path: "", message: "no secret" })),
  });
  await dispatcher.submit("r");
  expect(dispatcher.item("r")).toMatchObject({ state: "REJECTED", error: { code: "SECRET_UNREADABLE" } });
  expect(dispatcher.service.submits).toEqual([]);
});

test("a plan that changed is noted by its first digest, and submitted under the same key", async () => {
  const dispatcher = testDispatcher();
  await submitUnanswered(dispatcher, true);
  const [first] = dispatcher.service.submits;
  dispatcher.configure(doubleTarget({ image: "another" }));
  await dispatcher.run(MINUTE);
  expect(dispatcher.item("r").state).toBe("LAUNCHED");
  expect(new Set(dispatcher.service.submits.map(({ planDigest }) => planDigest))).toEqual(new Set([first?.planDigest]));
});

test("an attempt that nothing was seen of while it may be repeated is LOST, and never launched again by itself", async () => {
  const dispatcher = testDispatcher({ traits: { repeatSeconds: 3000 } });
  await submitUnanswered(dispatcher, false);
  dispatcher.service.otherwise(() => ({ kind: "lost", taken: false }));
  await dispatcher.run(49 * MINUTE);
  expect(dispatcher.item("r").state).toBe("LAUNCHING");
  const dispatched = await dispatcher.run(30 * MINUTE);
  expect(dispatched).toContainEqual(expect.objectContaining({ code: "LOST", alarm: true }));
  expect(dispatcher.item("r")).toMatchObject({ state: "LOST", attempt: 1, error: { code: "LOST" } });
  const submits = dispatcher.service.submits.length;
  await dispatcher.run(2 * HOUR);
  expect(dispatcher.service.submits).toHaveLength(submits);
  const launched = { id: "r", key: KEY, attempt: 1, handle: "h" };
  await observe(dispatcher.context, launched, { status: "running", handle: { id: "h" } }, 60);
  expect(dispatcher.item("r")).toMatchObject({ state: "RUNNING", handle: "h" });
  expect(dispatcher.item("r").expiresAt).toBeUndefined();
});

test("after five leases in a row that ended unreturned, a run is taken up only every 15 min", async () => {
  const dispatcher = testDispatcher();
  const { service, submit, sweep, wake, wakes, clock, item } = dispatcher;
  service.otherwise(() => ({ kind: "crash", taken: false }));
  await expect(submit("r")).rejects.toThrow(Crash);
  const calledAt: number[] = [];
  const suspicious: unknown[] = [];
  for (let minute = 0; minute < 90; minute++) {
    await clock.advance(MINUTE);
    await sweep();
    for (const id of wakes.splice(0)) {
      const before = service.submits.length;
      const dispatched = await wake(id).catch((error: unknown) => error);
      if (service.submits.length > before) calledAt.push(clock.now());
      else suspicious.push(dispatched);
    }
  }
  const gaps = calledAt.slice(1).map((at, index) => (at - (calledAt[index] ?? 0)) / MINUTE);
  expect(gaps.slice(0, 4).every((gap) => gap < 5)).toBe(true);
  expect(gaps.length).toBeGreaterThan(5);
  expect(gaps.slice(5).every((gap) => gap >= 15)).toBe(true);
  expect(suspicious).toContainEqual(expect.objectContaining({ outcome: "not due", code: "CRASHES_DISPATCHER", alarm: true }));
  service.otherwise(() => ({ kind: "accepted" }));
  await dispatcher.run(HOUR);
  expect(item("r").state).toBe("SUCCEEDED");
  expect(service.startsOf(KEY)).toBe(1);
});

test("a lease that was returned ends the row of lost ones", async () => {
  const dispatcher = testDispatcher();
  const { service, submit, clock, wake, item } = dispatcher;
  service.next({ kind: "crash", taken: false });
  await expect(submit("r")).rejects.toThrow(Crash);
  await clock.advance(80_000);
  service.otherwise(() => ({ kind: "lost", taken: false }));
  await wake("r");
  expect(item("r").lostLeases).toBeUndefined();
});

/** A store whose n-th writes lose their answer, so that the SDK repeats them. */
function losing(...numbers: readonly number[]): () => StoreFault {
  let writes = 0;
  return () => (numbers.includes(++writes) ? "answer lost" : "none");
}

test.each([
  ["the claim", [1]],
  ["the record", [2]],
  ["both", [1, 2]],
])("a write whose answer was lost is known as our own when it is repeated: %s", async (_rule, numbers) => {
  const { submit, service, item } = testDispatcher({ wrap: (store) => faulty(store, losing(...numbers)) });
  expect(await submit("r")).toMatchObject({ outcome: "launched", state: "LAUNCHED" });
  expect(service.submits).toHaveLength(1);
  expect(item("r").timeline?.map(({ event }) => event)).toEqual(["claimed", "launched"]);
});

test("a resume whose answer was lost is known as our own when it is repeated", async () => {
  // Calls of the table: claim, record unknown; read, resume, record.
  const dispatcher = testDispatcher({ wrap: (store) => faulty(store, losing(4)) });
  await submitUnanswered(dispatcher, true);
  await dispatcher.clock.advance(40_000);
  expect(await dispatcher.wake("r")).toMatchObject({ outcome: "launched" });
});

test("a claim by a wake-up whose answer was lost is known as our own when it is repeated", async () => {
  // Calls of the table: claim, record waiting; read, claim, record.
  const { submit, service, clock, wake, item } = testDispatcher({ wrap: (store) => faulty(store, losing(4)) });
  service.next({ kind: "refused", class: "capacity" });
  await submit("r");
  await clock.advance(MINUTE);
  expect(await wake("r")).toMatchObject({ outcome: "launched", attempt: 2 });
  expect(item("r").timeline?.filter(({ event }) => event === "claimed")).toHaveLength(2);
});

test("a fallback whose claim's answer was lost is known as our own", async () => {
  const targets = [doubleTarget({ name: "one", fallback: ["two"] }), doubleTarget({ name: "two", labels: ["b"] })];
  const { submit, service } = testDispatcher({ targets, wrap: (store) => faulty(store, losing(2)) });
  service.next({ kind: "refused", class: "capacity" });
  expect(await submit("r")).toMatchObject({ outcome: "launched", attempt: 2 });
});
