/** Requests that do not fit the run's item. */
import { expect, test } from "vitest";
import type { PayloadStore } from "../../shared/adapters/payload-store.ts";
import { Refusal, StateUnavailable } from "../../shared/core/errors.ts";
import { testDispatcher } from "../support/dispatcher.ts";

const MINUTE = 60_000;

/** Payloads in memory, which may be out of reach. */
function memoryPayloads() {
  const objects = new Map<string, Uint8Array>();
  const state = { down: false };
  const store: PayloadStore = {
    async put(name, bytes) {
      if (state.down) throw new StateUnavailable("down");
      objects.set(name, bytes);
      return name;
    },
    async remove(url) {
      objects.delete(url);
    },
    async get(url) {
      if (state.down) throw new StateUnavailable("down");
      const bytes = objects.get(url);
      if (bytes === undefined) throw new Refusal("PAYLOAD_MISSING", { path: "", message: "gone" });
      return bytes;
    },
  };
  return { objects, state, store };
}

const LARGE = { id: "r", content: Array.from({ length: 20_000 }, (_, index) => Math.sin(index).toString(36)).join("") };

test("a large request is put away before the claim, and is launched with two writes of the table", async () => {
  const payloads = memoryPayloads();
  const order: string[] = [];
  const { submit, item, store, service } = testDispatcher({
    payloads: {
      ...payloads.store,
      async put(name, bytes) {
        order.push("put");
        return (await payloads.store.put?.(name, bytes)) ?? "";
      },
    },
    wrap: (inner) => ({
      ...inner,
      write(key, write) {
        order.push("write");
        return inner.write(key, write);
      },
    }),
  });
  expect(await submit(LARGE)).toMatchObject({ outcome: "launched" });
  expect(order).toEqual(["put", "write", "write"]);
  expect(store.calls.reads).toBe(0);
  expect(service.submits).toHaveLength(1);
  expect(item("r").request?.length).toBeLessThan(300);
});

test("sent again it is the same object and one run", async () => {
  const payloads = memoryPayloads();
  const { submit, service } = testDispatcher({ payloads: payloads.store });
  await submit(LARGE);
  expect(await submit(LARGE)).toMatchObject({ outcome: "duplicate" });
  expect(payloads.objects.size).toBe(1);
  expect(service.submits).toHaveLength(1);
});

test("another text of the same request, as one with another trace, is put beside it: what the run's item names stays", async () => {
  const payloads = memoryPayloads();
  const { submit, wake, clock, service } = testDispatcher({ payloads: payloads.store });
  service.next({ kind: "refused", class: "capacity" });
  await submit(LARGE);
  const before = new Map(payloads.objects);
  const reordered = { content: LARGE.content, id: LARGE.id };
  expect(await submit(reordered)).toMatchObject({ outcome: "not due" });
  for (const [name, bytes] of before) expect(payloads.objects.get(name)).toBe(bytes);
  await clock.advance(10 * MINUTE);
  expect(await wake("r")).toMatchObject({ outcome: "launched", attempt: 2 });
});

test("while the place can't be written, nothing is: the message comes again", async () => {
  const payloads = memoryPayloads();
  const { submit, store, service } = testDispatcher({ payloads: payloads.store });
  payloads.state.down = true;
  await expect(submit(LARGE)).rejects.toThrow(StateUnavailable);
  expect(store.items.size).toBe(0);
  payloads.state.down = false;
  expect(await submit(LARGE)).toMatchObject({ outcome: "launched" });
  expect(service.submits).toHaveLength(1);
});

test("while the place can't be read, a waiting run stays as it is, and goes on afterwards", async () => {
  const payloads = memoryPayloads();
  const { submit, wake, item, clock, service } = testDispatcher({ payloads: payloads.store });
  service.next({ kind: "refused", class: "capacity" });
  await submit(LARGE);
  await clock.advance(10 * MINUTE);
  payloads.state.down = true;
  const before = item("r");
  await expect(wake("r")).rejects.toThrow(StateUnavailable);
  expect(item("r")).toEqual(before);
  payloads.state.down = false;
  expect(await wake("r")).toMatchObject({ outcome: "launched", attempt: 2 });
});

test("while the place can't be read, an attempt in doubt is not taken up: no lease is lost over it", async () => {
  const payloads = memoryPayloads();
  const { submit, wake, item, clock, service } = testDispatcher({ payloads: payloads.store });
  service.next({ kind: "crash", taken: true });
  await expect(submit(LARGE)).rejects.toThrow("around a submit");
  await clock.advance(10 * MINUTE);
  payloads.state.down = true;
  const before = item("r");
  for (let time = 0; time < 10; time++) await expect(wake("r")).rejects.toThrow(StateUnavailable);
  expect(item("r")).toEqual(before);
  payloads.state.down = false;
  expect(await wake("r")).toMatchObject({ outcome: "launched", attempt: 1 });
});

test("where the object is gone, a run that waits is rejected, and one in doubt stays and alarms", async () => {
  const payloads = memoryPayloads();
  const { submit, wake, item, clock, service } = testDispatcher({ payloads: payloads.store });
  service.next({ kind: "refused", class: "capacity" }, { kind: "crash", taken: true });
  await submit({ ...LARGE, id: "waits" });
  await expect(submit({ ...LARGE, id: "doubt" })).rejects.toThrow("around a submit");
  payloads.objects.clear();
  await clock.advance(10 * MINUTE);
  expect(await wake("waits")).toMatchObject({ outcome: "rejected", code: "PAYLOAD_MISSING" });
  expect(await wake("doubt")).toMatchObject({ outcome: "stays", code: "PAYLOAD_MISSING", alarm: true });
  expect(item("doubt").state).toBe("LAUNCHING");
});
