/** Scenarios of what is seen of an attempt: events before and after the record, late, doubled and out of order, and inspections. */
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import type { Launched, Observation } from "../../shared/core/launcher.ts";
import { observe } from "../../shared/core/observe.ts";
import { sweep } from "../../shared/core/sweep.ts";
import { type TestDispatcher, testDispatcher } from "../support/dispatcher.ts";
import { doubleTarget } from "../support/runs.ts";
import { START } from "../support/virtual-clock.ts";

const MINUTE = 60_000;
const KEY = runKey("r");
const HANDLE = `place of one/${KEY}-1`;
const LAUNCHED: Launched = { id: "r", key: KEY, attempt: 1, handle: HANDLE };

function running(version?: number): Observation {
  return { status: "running", handle: { id: HANDLE }, startedAt: START, ...(version === undefined ? {} : { version }) };
}

function ended(version?: number): Observation {
  return {
    status: "ended",
    handle: { id: HANDLE },
    endedAt: START + 5,
    outcome: { state: "SUCCEEDED", exitCode: 0 },
    ...(version === undefined ? {} : { version }),
  };
}

function tell({ context, clock }: TestDispatcher, observation: Observation, launched = LAUNCHED) {
  return clock.drive(observe(context, launched, observation, 60));
}

/** Hands an observation in after the service started the run and before the dispatcher records it. */
function tellDuringSubmit(dispatcher: TestDispatcher, observation: Observation): void {
  const { backends } = dispatcher.context;
  Object.assign(dispatcher.context, {
    backends: async (...target: Parameters<typeof backends>) => {
      const backend = await backends(...target);
      return {
        ...backend,
        async submit(...call: Parameters<typeof backend.submit>) {
          const outcome = await backend.submit(...call);
          await observe(dispatcher.context, LAUNCHED, observation, 60);
          return outcome;
        },
      };
    },
  });
}

test.each([
  ["running", running(1), "RUNNING"],
  ["ended already", ended(1), "SUCCEEDED"],
] as const)("an event that comes before the record has settled the attempt: %s", async (_rule, observation, state) => {
  const dispatcher = testDispatcher();
  tellDuringSubmit(dispatcher, observation);
  expect(await dispatcher.submit("r")).toMatchObject({ outcome: "launched", state });
  expect(dispatcher.store.calls.writes).toBe(3);
  expect(dispatcher.item("r").owner).toBeUndefined();
  expect(dispatcher.service.startsOf(KEY)).toBe(1);
});

test("an end that is long past, by whatever clock, is remembered as long as any other", async () => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  await tell(dispatcher, { ...ended(), endedAt: 1 } as Observation);
  expect(dispatcher.item("r")).toMatchObject({ state: "SUCCEEDED", endedAt: 1 });
  expect(dispatcher.item("r").expiresAt).toBe(Math.ceil(dispatcher.clock.now() / 1000) + 30 * 86_400);
});

test("an event settles an attempt whose answer never came", async () => {
  const dispatcher = testDispatcher();
  dispatcher.service.otherwise(() => ({ kind: "lost", taken: true }));
  tellDuringSubmit(dispatcher, running(1));
  expect(await dispatcher.submit("r")).toMatchObject({ outcome: "settled by an event", state: "RUNNING" });
  expect(dispatcher.item("r")).toMatchObject({ state: "RUNNING", handle: HANDLE });
  expect(dispatcher.item("r").unsettled).toBeUndefined();
});

test.each<[string, readonly Observation[], string, number]>([
  ["in order", [running(1), ended(2)], "SUCCEEDED", 2],
  ["the start comes after the end", [ended(2), running(1)], "SUCCEEDED", 1],
  ["the end comes twice", [ended(2), ended(2)], "SUCCEEDED", 1],
  ["the start comes twice", [running(1), running(1)], "RUNNING", 1],
  ["an older one comes later", [running(3), { status: "starting", handle: { id: HANDLE }, version: 2 }], "RUNNING", 1],
  ["without versions, the start comes after the end", [ended(), running()], "SUCCEEDED", 1],
  ["without versions, it never goes back before its start", [running(), { status: "starting", handle: { id: HANDLE } }], "RUNNING", 1],
  [
    "one that says nothing",
    [{ status: "unknown", failure: { class: "unknown", code: "X", message: "", recognised: true } }],
    "LAUNCHED",
    0,
  ],
  ["one that knows no handle, unasked", [{ status: "absent" }], "LAUNCHED", 0],
])("late and doubled events change nothing: %s", async (_rule, observations, state, changes) => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  const before = dispatcher.item("r").timeline?.length ?? 0;
  for (const observation of observations) await tell(dispatcher, observation);
  expect(dispatcher.item("r").state).toBe(state);
  expect((dispatcher.item("r").timeline?.length ?? 0) - before).toBe(changes);
});

test.each<[string, Launched, string]>([
  ["another attempt", { ...LAUNCHED, attempt: 2 }, HANDLE],
  ["another handle", LAUNCHED, "another"],
  ["another run", { ...LAUNCHED, key: runKey("other") }, HANDLE],
])("an event of %s changes nothing", async (_rule, launched, handle) => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  const before = dispatcher.item("r");
  await tell(
    dispatcher,
    { status: "ended", handle: { id: handle }, endedAt: START, outcome: { state: "SUCCEEDED", exitCode: 0 } },
    launched,
  );
  expect(dispatcher.item("r")).toBe(before);
  expect(dispatcher.store.items.size).toBe(1);
});

test("a handle that the service does not know counts only 5 min after the launch, and twice", async () => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  dispatcher.service.forget(HANDLE);
  await dispatcher.run(4 * MINUTE);
  expect(dispatcher.item("r").missingAt).toBeUndefined();
  await dispatcher.run(MINUTE);
  expect(dispatcher.item("r")).toMatchObject({ state: "LAUNCHED", missingAt: START + 5 * MINUTE });
  await dispatcher.run(MINUTE);
  expect(dispatcher.item("r")).toMatchObject({
    state: "LOST",
    error: { code: "LOST", message: "the target no longer knows it, and its end was not seen" },
  });
});

test("a handle that is known again in between starts anew", async () => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  dispatcher.service.forget(HANDLE);
  await dispatcher.run(5 * MINUTE);
  await tell(dispatcher, running());
  expect(dispatcher.item("r").missingAt).toBeUndefined();
  await dispatcher.run(MINUTE);
  expect(dispatcher.item("r").state).toBe("RUNNING");
});

test("a run found missing comes back by evidence of the same attempt", async () => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  dispatcher.service.forget(HANDLE);
  await dispatcher.run(6 * MINUTE);
  expect(dispatcher.item("r").state).toBe("LOST");
  await tell(dispatcher, ended(2));
  expect(dispatcher.item("r")).toMatchObject({ state: "SUCCEEDED", exitCode: 0 });
  expect(dispatcher.item("r").error).toBeUndefined();
});

test("another place that does not know the handle proves nothing", async () => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  dispatcher.configure(doubleTarget({ settings: { place: "elsewhere" } }));
  await dispatcher.run(30 * MINUTE);
  expect(dispatcher.item("r").state).toBe("LAUNCHED");
  dispatcher.configure(doubleTarget());
  await dispatcher.run(2 * MINUTE);
  expect(dispatcher.item("r").state).toBe("SUCCEEDED");
});

test("a run whose target is gone is counted as unanswered, and looked after when it is back", async () => {
  const dispatcher = testDispatcher();
  await dispatcher.submit("r");
  dispatcher.configure(doubleTarget({ name: "renamed" }));
  await dispatcher.clock.advance(MINUTE);
  expect(await dispatcher.sweep()).toMatchObject({ woken: 0, inspected: 1, unanswered: 1, complete: true });
  expect(dispatcher.item("r")).toMatchObject({ state: "LAUNCHED", error: { code: "TARGET_GONE" } });
  await dispatcher.run(4 * MINUTE);
  expect(dispatcher.item("r").timeline?.filter(({ code }) => code === "TARGET_GONE")).toHaveLength(1);
  dispatcher.configure(doubleTarget());
  await dispatcher.run(4 * MINUTE);
  expect(dispatcher.item("r").state).toBe("SUCCEEDED");
});

test("a target that can't be asked does not keep the others' runs from being looked after", async () => {
  const dispatcher = testDispatcher({ targets: [doubleTarget({ name: "broken" }), doubleTarget({ name: "one", labels: ["a"] })] });
  await dispatcher.submit("first");
  await dispatcher.submit({ id: "r", labels: ["a"] });
  const { backends } = dispatcher.context;
  const broken: typeof backends = async (target) =>
    target.name === "broken" ? Promise.reject(new Error("no connection")) : backends(target);
  Object.assign(dispatcher.context, { backends: broken });
  await dispatcher.clock.advance(2 * MINUTE);
  expect(await dispatcher.sweep()).toMatchObject({
    unanswered: 1,
    problems: expect.arrayContaining([{ target: "broken", message: "no connection" }]),
  });
  expect(dispatcher.item("r").state).toBe("SUCCEEDED");
});

test("a sweep that runs out of time says so, and the next one goes on", async () => {
  const dispatcher = testDispatcher();
  for (const id of ["a", "b", "c"]) await dispatcher.submit(id);
  await dispatcher.clock.advance(2 * MINUTE);
  expect(await sweep(dispatcher.context, dispatcher.clock.now())).toMatchObject({ woken: 0, inspected: 0, unanswered: 0, complete: false });
  expect(await dispatcher.sweep()).toMatchObject({ inspected: 3, complete: true });
});

test("a backlog too long to be read in the time is taken up from its beginning", async () => {
  const dispatcher = testDispatcher();
  for (const id of ["a", "b", "c", "d"]) await dispatcher.submit(id);
  await dispatcher.clock.advance(2 * MINUTE);
  const { store, clock } = dispatcher.context;
  const slow: typeof store = {
    ...store,
    async *due(now) {
      for await (const run of store.due(now)) {
        await dispatcher.clock.advance(10_000);
        yield run;
      }
    },
  };
  const swept = await sweep({ ...dispatcher.context, store: slow }, clock.now() + 40_000);
  expect(swept).toMatchObject({ inspected: 2, complete: false });
  expect(await dispatcher.sweep()).toMatchObject({ inspected: 2, complete: true });
});

test("of two sweeps at once one looks after a run", async () => {
  const dispatcher = testDispatcher();
  dispatcher.service.next({ kind: "refused", class: "capacity" });
  await dispatcher.submit("r");
  await dispatcher.clock.advance(MINUTE);
  const swept = await Promise.all([dispatcher.sweep(), dispatcher.sweep()]);
  expect(swept.map(({ woken }) => woken).sort()).toEqual([0, 1]);
  expect(dispatcher.wakes).toEqual(["r"]);
});

test("a wake-up that gets lost is sent again at growing gaps", async () => {
  const dispatcher = testDispatcher();
  dispatcher.service.next({ kind: "refused", class: "capacity" });
  await dispatcher.submit("r");
  const sentAt: number[] = [];
  for (let minute = 1; minute <= 40; minute++) {
    await dispatcher.clock.advance(MINUTE);
    await dispatcher.sweep();
    if (dispatcher.wakes.splice(0).length > 0) sentAt.push(minute);
  }
  expect(sentAt).toEqual([1, 3, 7, 15, 31]);
});
