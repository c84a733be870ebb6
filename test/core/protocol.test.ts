/** Named scenarios of the launch: steady state, duplicates, refusals and waits. Doubt, cancel and observation have files of their own. */
import { expect, test } from "vitest";
import { sealText } from "../../shared/adapters/seal.ts";
import { dispatchRequest } from "../../shared/core/dispatch.ts";
import { TemplateUnavailable } from "../../shared/core/errors.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import { wakeWaitingForRoom } from "../../shared/core/room.ts";
import { accept } from "../../shared/core/writes/claim.ts";
import { reopen } from "../../shared/core/writes/operate.ts";
import { configurationOf, messageOf, testDispatcher } from "../support/dispatcher.ts";
import { NEW_RUN } from "../support/every-write.ts";
import { doubleTarget } from "../support/runs.ts";
import { START } from "../support/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEY = runKey("r");

test("in the steady state a launch is two writes, no read and one submit", async () => {
  const { submit, store, service, item } = testDispatcher();
  expect(await submit("r")).toMatchObject({ outcome: "launched", state: "LAUNCHED", attempt: 1, target: "one" });
  expect(store.calls).toEqual({ reads: 0, writes: 2 });
  expect(service.submits).toHaveLength(1);
  expect(item("r")).toMatchObject({ state: "LAUNCHED", handle: `place of one/${KEY}-1`, nextCheckAt: START + MINUTE });
});

test("a run comes to its end by the sweep alone", async () => {
  const { submit, run, item, store } = testDispatcher();
  await submit("r");
  await run(3 * MINUTE);
  expect(item("r")).toMatchObject({ state: "SUCCEEDED", exitCode: 0, startedAt: START });
  const seenAt = item("r").timeline?.at(-1)?.at ?? 0;
  expect(item("r").expiresAt).toBe(seenAt / 1000 + 30 * 86_400);
  const { writes } = store.calls;
  await run(10 * MINUTE);
  expect(store.calls.writes).toBe(writes);
});

test("a run is remembered for as long as a queue keeps its message, however short retention_days is", async () => {
  const { submit, clock, item, context } = testDispatcher({ targets: [] });
  Object.assign(context.planning, { configuration: configurationOf([], { retentionDays: 1 }) });
  await submit("r");
  expect(item("r")).toMatchObject({ state: "REJECTED", expiresAt: clock.now() / 1000 + 14 * 86_400 });
});

test("a duplicate while another holds the lease is acknowledged: one write that fails, no submit", async () => {
  const { submit, service, clock, store } = testDispatcher();
  service.next({ kind: "crash", taken: false });
  await expect(submit("r")).rejects.toThrow("around a submit");
  store.calls.writes = 0;
  await clock.advance(10_000);
  expect(await submit("r")).toMatchObject({ outcome: "not due", state: "LAUNCHING" });
  expect(store.calls.writes).toBe(1);
  expect(service.submits).toHaveLength(1);
});

test("a duplicate before a wait is due is acknowledged", async () => {
  const { submit, service, wake } = testDispatcher();
  service.next({ kind: "refused", class: "capacity" });
  await submit("r");
  expect(await submit("r")).toMatchObject({ outcome: "not due", state: "WAITING" });
  expect(await wake("r")).toMatchObject({ outcome: "not due" });
  expect(service.submits).toHaveLength(1);
});

test("a duplicate after the end changes nothing", async () => {
  const { submit, run, item, service } = testDispatcher();
  await submit("r");
  await run(5 * MINUTE);
  const before = item("r");
  expect(await submit("r")).toMatchObject({ outcome: "duplicate", state: "SUCCEEDED" });
  expect(item("r")).toBe(before);
  expect(service.started).toHaveLength(1);
});

test("the same id with another content is kept aside, and the first run is untouched", async () => {
  const { submit, quarantined, item, service } = testDispatcher();
  await submit("r");
  const before = item("r");
  expect(await submit({ id: "r", content: "another" })).toMatchObject({ outcome: "quarantined", code: "ID_REUSED" });
  expect(await submit({ id: "r", labels: ["no target has it"] })).toMatchObject({ outcome: "quarantined", code: "ID_REUSED" });
  expect(quarantined.map(({ code, runId }) => ({ code, runId }))).toEqual([
    { code: "ID_REUSED", runId: "r" },
    { code: "ID_REUSED", runId: "r" },
  ]);
  expect(item("r")).toBe(before);
  expect(service.submits).toHaveLength(1);
});

test("a run that no target takes is rejected with its request, and launches after a reopen once there is a target", async () => {
  const { submit, item, service, store, clock, configure, wake } = testDispatcher();
  expect(await submit({ id: "r", labels: ["gpu"] })).toMatchObject({ outcome: "rejected", code: "NO_TARGET" });
  expect(item("r")).toMatchObject({ state: "REJECTED", error: { code: "NO_TARGET", path: "run_config.labels" } });
  expect(await submit({ id: "r", labels: ["gpu"] })).toMatchObject({ outcome: "duplicate", state: "REJECTED" });
  configure(doubleTarget({ labels: ["gpu"] }));
  expect(await wake("r")).toMatchObject({ outcome: "duplicate" });
  await store.write(KEY, reopen(item("r"), clock.now()));
  expect(await wake("r")).toMatchObject({ outcome: "launched", attempt: 1 });
  expect(service.startsOf(KEY)).toBe(1);
});

test("an accepted run is launched by its wake-up, also where that got lost", async () => {
  const { store, clock, run, item, service } = testDispatcher();
  await store.write(KEY, accept({ ...NEW_RUN, id: "r", labels: [], request: sealText('{"id":"r"}') }, clock.now(), clock.now() + MINUTE));
  await run(2 * MINUTE);
  expect(item("r")).toMatchObject({ attempt: 1, handle: expect.any(String) });
  expect(service.startsOf(KEY)).toBe(1);
});

test("a wake-up for a run that the table does not hold is acknowledged", async () => {
  const { wake, store } = testDispatcher();
  expect(await wake("r")).toEqual({ outcome: "absent", id: "r" });
  expect(store.calls).toEqual({ reads: 1, writes: 0 });
});

test.each([
  ["invalid", "INVALID"],
  ["denied", "DENIED"],
  ["not_found", "NOT_FOUND"],
] as const)("a refusal for good is tried once: %s", async (failureClass, code) => {
  const { submit, service, item } = testDispatcher();
  service.next({ kind: "refused", class: failureClass });
  expect(await submit("r")).toMatchObject({ outcome: "rejected", code });
  expect(service.submits).toHaveLength(1);
  expect(item("r")).toMatchObject({ state: "REJECTED", error: { code, class: failureClass } });
});

test("a throttle is retried within the invocation, as the same attempt, for at most 10 s", async () => {
  const { submit, service, clock, item } = testDispatcher();
  service.otherwise(() => ({ kind: "refused", class: "throttled" }));
  expect(await submit("r")).toMatchObject({ outcome: "waiting", code: "THROTTLED" });
  expect(clock.now() - START).toBeLessThanOrEqual(10_000);
  expect(service.submits.length).toBeGreaterThan(5);
  expect(new Set(service.submits.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  expect(item("r").state).toBe("WAITING");
});

test("a service that says when to come back is obeyed", async () => {
  const { submit, service, item } = testDispatcher();
  service.next({ kind: "refused", class: "throttled", retryAfterSeconds: 120 });
  await submit("r");
  expect(service.submits).toHaveLength(1);
  expect(item("r").dueAt).toBe(START + 120_000);
});

test("for want of capacity the fallback is tried in the same invocation, then the run waits, then the first is tried again", async () => {
  const targets = [doubleTarget({ name: "one", fallback: ["gone", "two"] }), doubleTarget({ name: "two", labels: ["b"] })];
  const { submit, service, item, run } = testDispatcher({ targets });
  service.next({ kind: "refused", class: "capacity" }, { kind: "refused", class: "capacity" });
  expect(await submit("r")).toMatchObject({ outcome: "waiting", attempt: 2, target: "two" });
  expect(item("r")).toMatchObject({ state: "WAITING", attempt: 2 });
  await run(MINUTE);
  expect(service.submits.map(({ place, attempt }) => `${attempt} ${place}`)).toEqual([
    "1 place of one",
    "2 place of two",
    "3 place of one",
  ]);
  expect(service.startsOf(KEY)).toBe(1);
});

test("the fallback launches where it has room", async () => {
  const targets = [doubleTarget({ name: "one", fallback: ["two"] }), doubleTarget({ name: "two", labels: ["b"] })];
  const { submit, service, item, store } = testDispatcher({ targets });
  service.next({ kind: "refused", class: "capacity" });
  expect(await submit("r")).toMatchObject({ outcome: "launched", attempt: 2, target: "two" });
  expect(item("r")).toMatchObject({ place: "place of two", attempt: 2 });
  expect(store.calls.writes).toBe(3);
});

test("a fallback whose template can't be read just now is passed over: the run waits, and nothing is in doubt", async () => {
  const targets = [doubleTarget({ name: "one", fallback: ["two"] }), doubleTarget({ name: "two", labels: ["b"] })];
  const { submit, service, item, context, run } = testDispatcher({ targets });
  const templatePath: Launcher["templatePath"] = (_run, { name }) =>
    name === "two" ? { path: "s3://templates/two.yaml", origin: "target" } : undefined;
  Object.assign(service.launcher, { templatePath });
  Object.assign(context.planning, { templates: { read: () => Promise.reject(new TemplateUnavailable("its place does not answer")) } });
  service.next({ kind: "refused", class: "capacity" });
  expect(await submit("r")).toMatchObject({ outcome: "waiting", attempt: 1, target: "one" });
  expect(item("r")).toMatchObject({ state: "WAITING", error: { class: "capacity" } });
  expect(item("r").unsettled).toBeUndefined();
  await run(MINUTE);
  expect(service.submits.map(({ place, attempt }) => `${attempt} ${place}`)).toEqual(["1 place of one", "2 place of one"]);
});

test("a sender's targets bound the fallback, also of a later attempt", async () => {
  const targets = [doubleTarget({ name: "one", fallback: ["two"] }), doubleTarget({ name: "two", labels: ["b"] })];
  const { submit, service, run } = testDispatcher({ targets });
  service.next({ kind: "refused", class: "capacity" }, { kind: "refused", class: "capacity" });
  expect(await submit("r", ["one"])).toMatchObject({ outcome: "waiting", attempt: 1 });
  await run(3 * MINUTE);
  expect(new Set(service.submits.map(({ place }) => place))).toEqual(new Set(["place of one"]));
});

test.each([
  ["6 h", {}, 6],
  ["as long as its target says: shorter", { giveUpSeconds: 3600 }, 1],
  ["as long as its target says: longer", { giveUpSeconds: 30 * 3600 }, 30],
])("a run that waits in vain is given up after %s", async (_rule, over, hours) => {
  const targets = [doubleTarget({ fallback: ["two"], ...over }), doubleTarget({ name: "two", labels: ["b"], giveUpSeconds: 60 })];
  const { submit, service, run, item, clock } = testDispatcher({ targets });
  service.otherwise(() => ({ kind: "refused", class: "capacity" }));
  await submit("r");
  await run(hours * HOUR - MINUTE);
  expect(item("r").state).toBe("WAITING");
  await run(30 * MINUTE);
  expect(item("r")).toMatchObject({
    state: "REJECTED",
    error: { code: "GAVE_UP", message: "waited in vain: the double says capacity", class: "capacity" },
  });
  expect(clock.now()).toBeGreaterThan(START + hours * HOUR);
  expect(service.started).toHaveLength(0);
});

test("a run that waits for room on our own machine is never given up", async () => {
  const { submit, service, run, item } = testDispatcher();
  service.otherwise(() => ({ kind: "refused", class: "capacity", wokenByLauncher: true }));
  await submit("r");
  expect(item("r")).toMatchObject({ dueAt: START, nextCheckAt: START + 30_000 });
  await run(7 * HOUR);
  expect(item("r").state).toBe("WAITING");
  service.otherwise(() => ({ kind: "accepted" }));
  await run(2 * MINUTE);
  expect(service.startsOf(KEY)).toBe(1);
});

test.each([
  ["a run that comes too late is not launched", -1, "EXPIRED"],
  ["the time itself is not too late", 0, "LAUNCHED"],
] as const)("not_after: %s", async (_rule, milliseconds, state) => {
  const { submit, item } = testDispatcher();
  await submit({ id: "r", notAfter: START + milliseconds });
  expect(item("r").state).toBe(state);
});

test("not_after: a run that waits beyond it expires", async () => {
  const { submit, service, run, item } = testDispatcher();
  service.otherwise(() => ({ kind: "refused", class: "capacity" }));
  await submit({ id: "r", notAfter: START + 10 * MINUTE });
  await run(HOUR);
  const message = expect.stringMatching(/^not launched by .+ \(not_after\); until then: \w+, ./);
  expect(item("r")).toMatchObject({ state: "EXPIRED", error: { code: "EXPIRED", path: "not_after", message } });
  expect(service.started).toHaveLength(0);
});

test("not_after no longer holds after a reopen", async () => {
  const { submit, store, clock, item, wake } = testDispatcher();
  await submit({ id: "r", notAfter: START - 1 });
  await store.write(KEY, reopen(item("r"), clock.now()));
  expect(await wake("r")).toMatchObject({ outcome: "launched" });
});

test("a run that waits is routed anew: it follows its label", async () => {
  const { submit, service, run, item, configure } = testDispatcher({ targets: [doubleTarget({ name: "one", labels: ["a"] })] });
  service.next({ kind: "refused", class: "capacity" });
  await submit({ id: "r", labels: ["a"] });
  configure(doubleTarget({ name: "one" }), doubleTarget({ name: "two", labels: ["a"] }));
  await run(MINUTE);
  expect(item("r")).toMatchObject({ target: "two", attempt: 2 });
});

test.each([
  ["less than 8 s before the deadline, 3 s before calls are cut off: the message comes again", 8000, { outcome: "no time" }, 0],
  ["a moment earlier it is launched", 8001, { outcome: "launched" }, 1],
])("nothing is begun without time left: %s", async (_rule, left, outcome, submits) => {
  const { context, clock, store, service } = testDispatcher();
  const dispatched = clock.drive(dispatchRequest(context, messageOf({ id: "r" }), { deadline: clock.now() + left }));
  expect(await dispatched).toMatchObject(outcome);
  expect(store.items.size).toBe(submits);
  expect(service.submits).toHaveLength(submits);
});

test("a request that the table could not keep is refused before anything is written", async () => {
  const dispatcher = testDispatcher();
  const random = Array.from({ length: 60_000 }, (_, index) => Math.sin(index).toString(36)).join("");
  expect(await dispatcher.submit({ id: "large", content: random })).toMatchObject({ outcome: "quarantined", code: "TOO_LARGE" });
  expect(dispatcher.quarantined).toMatchObject([{ code: "TOO_LARGE", runId: "large" }]);
  expect(dispatcher.service.submits).toEqual([]);
});

test("after a restart the runs that wait for room are woken at once, and others are not", async () => {
  const { submit, service, context, wakes, wake, run, item } = testDispatcher();
  service.next(
    { kind: "refused", class: "capacity", wokenByLauncher: true },
    { kind: "refused", class: "capacity", retryAfterSeconds: 600 },
  );
  for (const id of ["room", "later", "runs"]) await submit(id);
  await wakeWaitingForRoom(context);
  expect(wakes.splice(0)).toEqual(["room"]);
  expect(await wake("room")).toMatchObject({ outcome: "launched" });
  await wakeWaitingForRoom(context);
  expect(wakes).toEqual([]);
  await run(11 * 60_000);
  expect(item("later").state).not.toBe("WAITING");
});
