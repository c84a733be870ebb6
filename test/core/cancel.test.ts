/** Scenarios of a cancel, in every state that a run can be in. */
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import type { Backend } from "../../shared/core/launcher.ts";
import { observe } from "../../shared/core/observe.ts";
import type { Target } from "../../shared/core/target.ts";
import { dispatchWake } from "../../shared/core/wake.ts";
import { accept } from "../../shared/core/writes/claim.ts";
import { requestCancel } from "../../shared/core/writes/operate.ts";
import { type TestDispatcher, TIMING, testDispatcher } from "../support/dispatcher.ts";
import { NEW_RUN } from "../support/every-write.ts";
import { faulty, type StoreFault } from "../support/faulty-store.ts";
import { doubleTarget } from "../support/runs.ts";
import { START } from "../support/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEY = runKey("r");

async function unanswered({ submit, service }: TestDispatcher, taken: boolean): Promise<void> {
  let calls = 0;
  service.otherwise(() => ({ kind: "lost", taken: taken && calls++ === 0 }));
  await submit("r");
  service.otherwise(() => ({ kind: "accepted" }));
}

test("a cancel that comes before its request leaves a tombstone, and the request is never launched", async () => {
  const { cancel, submit, item, service, run } = testDispatcher();
  expect(await cancel("r")).toMatchObject({ outcome: "cancel requested", id: "r" });
  expect(item("r").state).toBeUndefined();
  expect(await cancel("r")).toMatchObject({ outcome: "duplicate" });
  expect(await submit("r")).toMatchObject({ outcome: "cancelled", state: "CANCELLED" });
  expect(await submit("r")).toMatchObject({ outcome: "duplicate", state: "CANCELLED" });
  await run(10 * MINUTE);
  expect(service.submits).toHaveLength(0);
});

test("a request that meets a tombstone keeps its content: the same id with another is known", async () => {
  const { cancel, submit, quarantined } = testDispatcher();
  await cancel("r");
  await submit("r");
  expect(await submit({ id: "r", content: "another" })).toMatchObject({ outcome: "quarantined", code: "ID_REUSED" });
  expect(quarantined).toHaveLength(1);
});

test("a wake-up that meets a tombstone is acknowledged", async () => {
  const { cancel, wake } = testDispatcher();
  await cancel("r");
  expect(await wake("r")).toEqual({ outcome: "absent", id: "r" });
});

test("a request that no target takes is cancelled all the same, where a tombstone is", async () => {
  const { cancel, submit } = testDispatcher();
  await cancel("r");
  expect(await submit({ id: "r", labels: ["gpu"] })).toMatchObject({ outcome: "cancelled" });
});

test("a cancel whose tombstone comes a moment too late cancels the run", async () => {
  const { context, cancel, store, submit, service } = testDispatcher();
  const { write } = store;
  let writes = 0;
  Object.assign(context.store, {
    write: async (...call: Parameters<typeof write>) => {
      if (++writes === 2)
        await write(KEY, accept({ ...NEW_RUN, id: "r", request: new TextEncoder().encode('{"id":"r"}') }, START, START + MINUTE));
      return write(...call);
    },
  });
  expect(await cancel("r")).toMatchObject({ outcome: "cancelled" });
  await submit("r");
  expect(service.submits).toHaveLength(0);
});

test("a run that comes into being between the refused write and the look at why is cancelled all the same", async () => {
  const { context, cancel, store, item } = testDispatcher();
  const { write } = store;
  let writes = 0;
  Object.assign(context.store, {
    write: async (...call: Parameters<typeof write>) => {
      const result = await write(...call);
      if (++writes === 1)
        await write(KEY, accept({ ...NEW_RUN, id: "r", request: new TextEncoder().encode('{"id":"r"}') }, START, START + MINUTE));
      return result;
    },
  });
  expect(await cancel("r")).toMatchObject({ outcome: "cancelled" });
  expect(item("r").state).toBe("CANCELLED");
});

test("an accepted run is cancelled at once", async () => {
  const { store, cancel, service, run } = testDispatcher();
  await store.write(KEY, accept({ ...NEW_RUN, id: "r", request: new TextEncoder().encode('{"id":"r"}') }, START, START + MINUTE));
  expect(await cancel("r")).toMatchObject({ outcome: "cancelled", state: "CANCELLED" });
  await run(5 * MINUTE);
  expect(service.submits).toHaveLength(0);
});

test("a waiting run is cancelled at once, before its wait is due", async () => {
  const { submit, cancel, service, item } = testDispatcher();
  service.next({ kind: "refused", class: "capacity" });
  await submit("r");
  expect(await cancel("r")).toMatchObject({ outcome: "cancelled", state: "CANCELLED" });
  expect(item("r").error).toBeUndefined();
});

/** Cancels the run while its first submit is under way. */
function cancelDuringSubmit(dispatcher: TestDispatcher): { readonly cancelled: Promise<unknown> } {
  const { context } = dispatcher;
  const { backends } = context;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  Object.assign(context, {
    backends: async (...target: Parameters<typeof backends>) => {
      const backend = await backends(...target);
      return {
        ...backend,
        async submit(...call: Parameters<typeof backend.submit>) {
          Object.assign(context, { backends });
          const outcome = await backend.submit(...call);
          resolve(await dispatcher.cancel("r"));
          return outcome;
        },
      };
    },
  });
  return { cancelled: promise };
}

test("a run that is being launched is stopped as soon as its handle is known", async () => {
  const dispatcher = testDispatcher();
  const { cancelled } = cancelDuringSubmit(dispatcher);
  expect(await dispatcher.submit("r")).toMatchObject({ outcome: "stop requested", state: "LAUNCHED" });
  expect(await cancelled).toMatchObject({ outcome: "not due", state: "LAUNCHING" });
  expect(dispatcher.service.stops).toEqual([`place of one/${KEY}-1`]);
  await dispatcher.run(2 * MINUTE);
  expect(dispatcher.item("r").state).toBe("CANCELLED");
});

test.each([
  ["it waits no more", undefined],
  ["no fallback is tried", ["two"]],
])("a run whose launch is refused while it is cancelled ends: %s", async (_rule, fallback) => {
  const dispatcher = testDispatcher({
    targets: [doubleTarget({ name: "one", fallback: fallback ?? [] }), doubleTarget({ name: "two", labels: ["b"] })],
  });
  cancelDuringSubmit(dispatcher);
  dispatcher.service.next({ kind: "refused", class: "capacity" });
  expect(await dispatcher.submit("r")).toMatchObject({ outcome: "cancelled", state: "CANCELLED" });
  expect(dispatcher.service.submits).toHaveLength(1);
});

test.each(["LAUNCHED", "RUNNING"] as const)("a run that is %s is stopped; the end is what is observed", async (state) => {
  const { submit, cancel, run, item, service, context } = testDispatcher();
  await submit("r");
  const launched = { id: "r", key: KEY, attempt: 1, handle: `place of one/${KEY}-1` };
  if (state === "RUNNING") await observe(context, launched, service.observe(launched.handle), 60);
  expect(await cancel("r")).toMatchObject({ outcome: "stop requested", state });
  expect(item("r").state).toBe(state);
  await run(2 * MINUTE);
  expect(item("r").state).toBe("CANCELLED");
});

test("a stop that gets no answer is given up before the invocation ends, and the sweep asks for it again", async () => {
  const { submit, context, clock, service, run, item } = testDispatcher();
  const { configuration } = context.planning;
  await submit("r");
  await context.store.write(KEY, requestCancel(clock.now()));
  const { backends } = context;
  const silent: Backend["stop"] = (_launched, _reason, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  Object.assign(context, { backends: async (target: Target) => ({ ...(await backends(target)), stop: silent }) });
  // The stop is given 20 ms.
  Object.assign(context.planning, { configuration: { ...configuration, timing: { ...TIMING, deadlineSeconds: 0.04 } } });
  await expect(dispatchWake(context, "r", { deadline: clock.now() + 30 })).rejects.toThrow(/timeout/);
  Object.assign(context, { backends });
  Object.assign(context.planning, { configuration });
  expect(service.stops).toEqual([]);
  await run(2 * MINUTE);
  expect(item("r").state).toBe("CANCELLED");
});

test("without time left no stop is asked for: the sweep does so", async () => {
  const { submit, cancel, clock, context, service } = testDispatcher();
  const { backends } = context;
  // The launch takes all the time that there is.
  Object.assign(context, {
    backends: async (target: Target) => {
      const backend = await backends(target);
      const submit: Backend["submit"] = async (plan, launch) => {
        await context.store.write(KEY, requestCancel(clock.now()));
        await clock.sleep(55_000);
        return backend.submit(plan, launch);
      };
      return { ...backend, submit };
    },
  });
  expect(await submit("r")).toMatchObject({ outcome: "cancel requested", state: "LAUNCHED" });
  expect(service.stops).toEqual([]);
  Object.assign(context, { backends });
  expect(await cancel("r")).toMatchObject({ outcome: "stop requested" });
});

test("a stop that had no effect is asked for again", async () => {
  const { submit, cancel, run, service } = testDispatcher({ traits: { runMilliseconds: HOUR } });
  await submit("r");
  const { started } = service;
  await cancel("r");
  for (const each of started) each.endsAt = START + HOUR;
  await run(2 * MINUTE);
  expect(service.stops.length).toBeGreaterThan(1);
});

test("a run in another place than its target's is not stopped in the wrong one", async () => {
  const { submit, cancel, configure, service } = testDispatcher();
  await submit("r");
  configure(doubleTarget({ settings: { place: "elsewhere" } }));
  expect(await cancel("r")).toMatchObject({ outcome: "stays", code: "PLACE_CHANGED", alarm: true });
  configure(doubleTarget({ name: "renamed" }));
  expect(await cancel("r")).toMatchObject({ outcome: "stays", code: "TARGET_GONE", alarm: true });
  expect(service.stops).toEqual([]);
});

test.each(["SUCCEEDED", "REJECTED", "EXPIRED", "CANCELLED"] as const)("a run that is %s stays so", async (state) => {
  const { submit, cancel, run, item, service } = testDispatcher();
  if (state === "REJECTED") service.next({ kind: "refused", class: "invalid" });
  await submit({ id: "r", ...(state === "EXPIRED" ? { notAfter: START - 1 } : {}) });
  if (state === "CANCELLED") await cancel("r");
  await run(3 * MINUTE);
  const before = item("r");
  expect(before.state).toBe(state);
  expect(await cancel("r")).toMatchObject({ outcome: "duplicate", state });
  expect(item("r")).toBe(before);
});

test.each([true, false])(
  "over an unknown, without find: the attempt is repeated, then stopped (the service had taken it: %s)",
  async (taken) => {
    const dispatcher = testDispatcher();
    await unanswered(dispatcher, taken);
    expect(await dispatcher.cancel("r")).toMatchObject({ outcome: "stop requested", state: "LAUNCHED" });
    await dispatcher.run(2 * MINUTE);
    expect(dispatcher.item("r").state).toBe("CANCELLED");
    expect(dispatcher.service.startsOf(KEY)).toBe(1);
  },
);

test("over an unknown, with find: what is found is stopped", async () => {
  const dispatcher = testDispatcher({ traits: { finds: true } });
  await unanswered(dispatcher, true);
  const { length } = dispatcher.service.submits;
  expect(await dispatcher.cancel("r")).toMatchObject({ outcome: "stop requested" });
  await dispatcher.run(2 * MINUTE);
  expect(dispatcher.item("r").state).toBe("CANCELLED");
  expect(dispatcher.service.submits).toHaveLength(length);
});

test.each([10, 50, 119, 300])(
  "over an unknown, with find: nothing is submitted, and it ends once absence is proof (%i s)",
  async (landingSeconds) => {
    const dispatcher = testDispatcher({ traits: { finds: true, landingSeconds } });
    await unanswered(dispatcher, false);
    const { length } = dispatcher.service.submits;
    const saidAt = dispatcher.clock.now();
    expect(await dispatcher.cancel("r")).toMatchObject({ outcome: "stays", code: "UNSETTLED", state: "LAUNCHING" });
    let minutes = 0;
    for (; dispatcher.item("r").state === "LAUNCHING" && minutes < 60; minutes++) await dispatcher.run(MINUTE);
    expect(dispatcher.item("r").state).toBe("CANCELLED");
    expect(dispatcher.clock.now() - saidAt).toBeGreaterThan(landingSeconds * 1000);
    // Looking is no call: it does not put the proof off.
    expect(minutes * 60).toBeLessThan(2 * landingSeconds + 180);
    expect(dispatcher.service.submits).toHaveLength(length);
    expect(dispatcher.service.startsOf(KEY)).toBe(0);
  },
);

test("over an unknown, with find: a call that lands late is found and stopped", async () => {
  const dispatcher = testDispatcher({ traits: { finds: true, landingSeconds: 100, runMilliseconds: HOUR } });
  const { submit, service, cancel, run, item } = dispatcher;
  service.next({ kind: "late", milliseconds: 90_000 });
  service.otherwise(() => ({ kind: "lost", taken: false }));
  await submit("r");
  await cancel("r");
  await run(10 * MINUTE);
  expect(item("r")).toMatchObject({ state: "CANCELLED", handle: expect.any(String) });
  expect(service.startsOf(KEY)).toBe(1);
});

test("a cancel does not break into a live lease", async () => {
  const dispatcher = testDispatcher({ traits: { runMilliseconds: HOUR } });
  dispatcher.service.next({ kind: "crash", taken: true });
  await expect(dispatcher.submit("r")).rejects.toThrow();
  expect(await dispatcher.cancel("r")).toMatchObject({ outcome: "not due", state: "LAUNCHING" });
  await dispatcher.run(5 * MINUTE);
  expect(dispatcher.item("r").state).toBe("CANCELLED");
  expect(dispatcher.service.startsOf(KEY)).toBe(1);
});

test("a cancel noted but not acted on, because the dispatcher ended, is acted on by the sweep", async () => {
  let crash = false;
  const plan = (): StoreFault => {
    const fault = crash ? "crash after" : "none";
    crash = false;
    return fault;
  };
  const { submit, cancel, run, item } = testDispatcher({ wrap: (store) => faulty(store, plan), traits: { runMilliseconds: HOUR } });
  await submit("r");
  crash = true;
  await expect(cancel("r")).rejects.toThrow("after a call");
  await run(3 * MINUTE);
  expect(item("r").state).toBe("CANCELLED");
});
