import { join } from "node:path";
import { expect, test } from "vitest";
import { connectLocal } from "../../../shared/launchers/local/backend.ts";
import { createSlots } from "../../../shared/launchers/local/slots.ts";
import { appears, bench, executable, gate, launchedOf, launchOf, localTarget, script, startWrappersWith } from "./support.ts";

const never = new AbortController().signal;
const one = { target: { settings: { maxParallel: 1 } } };

test("over max_parallel: refused for want of room, told of room one by one as others end, then taken", async () => {
  const here = await bench(one);
  const blocked = gate(here.stateFolder);
  await here.backend.submit(script(blocked.wait), launchOf("first"));
  const full = { status: "refused", failure: { class: "capacity", code: "MAX_PARALLEL", wokenByLauncher: true, recognised: true } };
  const refusals = ["second", "third", "second"].map((id) => here.backend.submit(script("exit 0"), launchOf(id)));
  expect(await Promise.all(refusals)).toMatchObject([full, full, full]);
  expect(here.room).toEqual([]);
  await blocked.open();
  // Which of two submits of the same moment comes first is the disk's choice; that order is kept is tested below.
  for (const turn of [1, 2]) {
    await here.roomTold(turn);
    const id = here.room[turn - 1] ?? "";
    expect(await here.backend.submit(script("exit 0"), launchOf(id))).toMatchObject({ status: "accepted" });
    await here.observed(id);
  }
  expect([...here.room].sort()).toEqual(["second", "third"]);
});

test("whoever waits when a slot comes free gets it, without a refusal", async () => {
  const here = await bench(one);
  const blocked = gate(here.stateFolder);
  await here.backend.submit(script(blocked.wait), launchOf("first"));
  const second = here.backend.submit(script("exit 0"), launchOf("second"));
  await blocked.open();
  expect(await second).toMatchObject({ status: "accepted" });
  await here.observed("second");
  expect(here.room).toEqual([]);
});

test("a submit whose time is over before it began is refused as such", async () => {
  const here = await bench();
  const outcome = await here.backend.submit(script("exit 0"), launchOf("late", { signal: AbortSignal.abort() }));
  expect(outcome).toMatchObject({ status: "refused", failure: { class: "unavailable", code: "DEADLINE", recognised: true } });
});

test("runs of an earlier dispatcher count until an inspection sees their end; those of other targets do not", async () => {
  const earlier = await bench();
  const blocked = gate(earlier.stateFolder);
  const launch = launchOf("earlier");
  await earlier.backend.submit(script(blocked.wait), launch);
  const other = await bench({ stateFolder: earlier.stateFolder, target: { name: "there", settings: { maxParallel: 1 } } });
  expect(await other.backend.submit(script("exit 0"), launchOf("elsewhere"))).toMatchObject({ status: "accepted" });

  const later = await bench({ stateFolder: earlier.stateFolder, ...one });
  expect(await later.backend.submit(script("exit 0"), launchOf("next"))).toMatchObject({
    status: "refused",
    failure: { code: "MAX_PARALLEL" },
  });
  const status = appears(join(earlier.folder(launch), "status.json"));
  await blocked.open();
  await status;
  await later.backend.inspect([launchedOf(launch)]);
  expect(later.room).toEqual(["next"]);
  expect(await later.backend.submit(script("exit 0"), launchOf("next"))).toMatchObject({ status: "accepted" });
});

test("a wrapper that dies without a word gives its slot back", async () => {
  const here = await bench(one);
  const node = startWrappersWith(executable(join(here.stateFolder, "bad-node"), "exit 9"));
  expect(await here.backend.submit(script("exit 0"), launchOf("x"))).toMatchObject({ status: "unknown" });
  node.restore();
  expect(await here.backend.submit(script("exit 0"), launchOf("x"))).toMatchObject({ status: "accepted" });
  await here.observed("x");
});

test("slots: those who wait come first, in the order they came", async () => {
  const { slots, room } = slotsOf(1);
  const held = await slots.acquire("a", never);
  slots.remember("remembered");
  const order: string[] = [];
  const waits = ["b", "c"].map((id) =>
    slots.acquire(id, never).then((slot) => {
      order.push(id);
      slot?.release();
    }),
  );
  held?.release();
  held?.release();
  await Promise.all(waits);
  expect(order).toEqual(["b", "c"]);
  expect(room).toEqual(["remembered"]);
});

test("slots: the deadline ends the wait, and others are not held up", async () => {
  const { slots } = slotsOf(1);
  const held = await slots.acquire("a", never);
  const cutOff = new AbortController();
  const waits = [slots.acquire("b", cutOff.signal), slots.acquire("c", never)];
  cutOff.abort();
  expect(await waits[0]).toBeUndefined();
  held?.release();
  expect(await waits[1]).toBeDefined();
});

test("slots: one is kept for a run that was told of it, and goes on to the next if it never comes", async () => {
  const { slots, room } = slotsOf(1, { waitMilliseconds: 1, keepMilliseconds: 20 });
  const held = await slots.acquire("a", never);
  for (const id of ["gone", "b", "b"]) slots.remember(id);
  held?.release();
  expect(room).toEqual(["gone"]);
  expect(await slots.acquire("newcomer", never)).toBeUndefined();
  // Told twice: the first word may come before its wait is on record.
  await expect.poll(() => room.slice(0, 3)).toEqual(["gone", "gone", "b"]);
  expect(await slots.acquire("b", never)).toBeDefined();
});

test("slots: one that is given back twice is one slot", async () => {
  const { slots } = slotsOf(1, { waitMilliseconds: 1 });
  const held = await slots.acquire("a", never);
  held?.release();
  held?.release();
  expect(await slots.acquire("b", never)).toBeDefined();
  expect(await slots.acquire("c", never)).toBeUndefined();
});

test("slots: as many are told as there is room for", async () => {
  const { slots, room } = slotsOf(2);
  const held = [await slots.acquire("a", never), await slots.acquire("b", never)];
  for (const id of ["c", "d", "e"]) slots.remember(id);
  for (const slot of held) slot?.release();
  expect(room).toEqual(["c", "d"]);
});

test.each([
  ["a cloud function", { isFunction: true }, "NOT_A_FUNCTION_PLACE"],
  ["no state folder", { stateFolder: undefined }, "STATE_FOLDER_MISSING"],
])("%s: refused, and a run that was launched elsewhere is not given up", async (_rule, change, code) => {
  const { services } = await bench();
  const backend = await connectLocal(localTarget(), { ...services, ...change });
  const failure = { class: "invalid", code, recognised: true, hint: expect.any(String) };
  const launch = launchOf("x");
  expect(await backend.submit(script("exit 0"), launch)).toMatchObject({ status: "refused", failure });
  expect(await backend.find?.(launch)).toMatchObject({ status: "unknown", failure });
  expect(await backend.inspect([launchedOf(launch)])).toMatchObject([{ status: "unknown", failure }]);
  await expect(backend.stop(launchedOf(launch), "x")).rejects.toThrow();
});

function slotsOf(max: number, over: { readonly waitMilliseconds?: number; readonly keepMilliseconds?: number } = {}) {
  const room: string[] = [];
  return { room, slots: createSlots({ max, waitMilliseconds: 1000, keepMilliseconds: 1000, ...over, roomFor: (id) => room.push(id) }) };
}
