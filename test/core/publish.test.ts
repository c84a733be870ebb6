/** Changes of state are told at least once, and what is told again is known by its id. */
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import { observe } from "../../shared/core/observe.ts";
import { publishDue } from "../../shared/core/publish.ts";
import { noteMissing } from "../../shared/core/writes/observe.ts";
import { announced } from "../../shared/core/writes/publish.ts";
import { type BusDouble, busDouble } from "../support/bus-double.ts";
import { applied, holds } from "../support/conditions.ts";
import { type TestDispatcher, testDispatcher } from "../support/dispatcher.ts";
import { HANDLE, item, NOW } from "../support/every-write.ts";
import { memoryRunStore } from "../support/memory-store.ts";

const MINUTE = 60_000;

interface Told {
  readonly dispatcher: TestDispatcher;
  readonly bus: BusDouble;
  /** While it is true, the bus throws. */
  down: boolean;
  states(): readonly unknown[];
}

function telling(): Told {
  const bus = busDouble();
  const told: Told = {
    bus,
    down: false,
    states: () => bus.told.map(({ data }) => data["state"]),
    dispatcher: testDispatcher({
      store: memoryRunStore(bus.changed),
      bus: {
        async publish(events) {
          if (told.down) throw new Error("the bus is down");
          await bus.publish(events);
        },
      },
    }),
  };
  return told;
}

test("a launch and its end are told as they happen, and the run leaves the sweep with its end", async () => {
  const { dispatcher, bus, states } = telling();
  await dispatcher.submit("run");
  expect(states()).toEqual(["LAUNCHED"]);
  expect(dispatcher.item("run").nextCheckAt).toBe(dispatcher.clock.now() + MINUTE);
  await dispatcher.run(60 * MINUTE);
  expect(states()).toEqual(["LAUNCHED", "SUCCEEDED"]);
  expect(bus.told.map(({ id }) => id)).toEqual([`${runKey("run")}-1`, `${runKey("run")}-2`]);
  expect(dispatcher.item("run")).not.toHaveProperty("nextCheckAt");
  expect(dispatcher.item("run")).not.toHaveProperty("unpublished");
});

test("while the bus is down runs go on, and all is told in order when it is back", async () => {
  const told = telling();
  const { dispatcher, bus, states } = told;
  told.down = true;
  await dispatcher.submit("run");
  expect(dispatcher.item("run")).toMatchObject({ state: "LAUNCHED", nextCheckAt: dispatcher.clock.now() });
  for (let minute = 0; dispatcher.item("run").state !== "SUCCEEDED" && minute < 60; minute++) {
    await dispatcher.clock.advance(MINUTE);
    await dispatcher.sweep().catch(() => {});
  }
  expect(states()).toEqual([]);
  told.down = false;
  await dispatcher.clock.advance(2 * 60 * MINUTE);
  // What has ended is there to be told, and not to be woken.
  expect(await dispatcher.sweep()).toMatchObject({ woken: 0 });
  expect(states()).toEqual(["LAUNCHED", "SUCCEEDED"]);
  expect(bus.violations()).toEqual([]);
  expect(dispatcher.item("run").nextCheckAt).toBeUndefined();
});

test("a sweep says that it could not tell, and has looked after the runs all the same", async () => {
  const told = telling();
  told.down = true;
  await told.dispatcher.submit("run");
  await told.dispatcher.clock.advance(5 * MINUTE);
  await expect(told.dispatcher.sweep()).rejects.toThrow("the bus is down");
  expect(told.dispatcher.item("run").state).not.toBe("LAUNCHED");
});

test("a run seen launched again is not told again", async () => {
  const { dispatcher, states } = telling();
  await dispatcher.submit("run");
  const { key, handle = "" } = dispatcher.item("run");
  for (const version of [1, 2, 2]) {
    await observe(dispatcher.context, { id: "run", key, attempt: 1, handle }, { status: "starting", handle: { id: handle }, version }, 60);
  }
  expect(states()).toEqual(["LAUNCHED"]);
});

test("a run that was missed, and is seen launched again, is not told again", async () => {
  const { dispatcher, states } = telling();
  await dispatcher.submit("run");
  const { key, handle = "" } = dispatcher.item("run");
  const { context, clock } = dispatcher;
  await context.store.write(key, noteMissing(dispatcher.item("run"), clock.now(), clock.now()));
  await observe(context, { id: "run", key, attempt: 1, handle }, { status: "starting", handle: { id: handle } }, 60);
  expect(dispatcher.item("run").missingAt).toBeUndefined();
  expect(states()).toEqual(["LAUNCHED"]);
});

test("a run that is refused before anything exists is told once", async () => {
  const { dispatcher, states } = telling();
  expect(await dispatcher.submit({ id: "run", target: "nowhere" })).toMatchObject({ outcome: "rejected" });
  expect(states()).toEqual(["REJECTED"]);
  expect(dispatcher.item("run").nextCheckAt).toBeUndefined();
});

test("a cancel that came before its request is told with it", async () => {
  const { dispatcher, states } = telling();
  await dispatcher.cancel("run");
  await dispatcher.submit("run");
  expect(states()).toEqual(["CANCELLED"]);
});

test("where no bus is named any more, notes are taken away and runs leave the sweep", async () => {
  const told = telling();
  told.down = true;
  await told.dispatcher.submit({ id: "run", target: "nowhere" });
  const { bus: _, ...silent } = told.dispatcher.context;
  await publishDue(silent, [runKey("run")]);
  expect(told.dispatcher.item("run")).not.toHaveProperty("unpublished");
  expect(told.dispatcher.item("run")).not.toHaveProperty("nextCheckAt");
});

const NOTE = { unpublished: [{ state: "LAUNCHED", at: NOW }], changes: 1 } as const;
const LAUNCHED = item({ state: "LAUNCHED", handle: HANDLE, nextCheckAt: NOW, ...NOTE });

test.each([
  ["as it was told", LAUNCHED, true],
  ["another change came meanwhile", { ...LAUNCHED, changes: 2 }, false],
  ["it runs meanwhile", { ...LAUNCHED, state: "RUNNING" }, false],
  ["the sweep looks at it at another time meanwhile: a cancel", { ...LAUNCHED, nextCheckAt: NOW + 1 }, false],
] as const)("its writer takes the note away: %s", (_situation, now, isApplied) => {
  const write = announced(LAUNCHED, NOW + MINUTE);
  expect(holds(write.condition, now)).toBe(isApplied);
  expect(applied(write, "key", LAUNCHED)).toMatchObject({ nextCheckAt: NOW + MINUTE, changes: 1 });
  expect(applied(write, "key", LAUNCHED)).not.toHaveProperty("unpublished");
});
