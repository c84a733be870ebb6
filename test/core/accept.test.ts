import { expect, test } from "vitest";
import { acceptCancel, acceptRequest, isWithin } from "../../shared/core/accept.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import { runKey } from "../../shared/core/identity.ts";
import { messageOf, type SentRequest, testDispatcher } from "../support/dispatcher.ts";
import { doubleTarget } from "../support/runs.ts";

const MINUTE = 60_000;

function door(...targets: readonly ReturnType<typeof doubleTarget>[]) {
  const dispatcher = testDispatcher(targets.length === 0 ? {} : { targets });
  const accept = (sent: SentRequest, senderTargets?: readonly string[]) =>
    acceptRequest(dispatcher.context, messageOf(sent, senderTargets));
  return { ...dispatcher, accept };
}

test("a request is in the table before anybody is woken, and launched by nobody yet", async () => {
  const { accept, context, item, service } = door();
  let stateWhenWoken: string | undefined;
  context.queue.wake = async ([id = ""]) => {
    stateWhenWoken = item(id).state;
  };
  expect(await accept({ id: "a" })).toEqual({ id: "a", state: "ACCEPTED", known: false });
  expect(stateWhenWoken).toBe("ACCEPTED");
  expect(item("a")).toMatchObject({ state: "ACCEPTED", attempt: 0, nextCheckAt: context.clock.now() + MINUTE });
  expect(service.startsOf(runKey("a"))).toBe(0);
});

test("a queue that is down delays the run to the sweep, and does not lose it", async () => {
  const { accept, context, item, service, run, wakes } = door();
  const { wake } = context.queue;
  context.queue.wake = async () => {
    throw new StateUnavailable("down");
  };
  expect(await accept({ id: "a" })).toMatchObject({ state: "ACCEPTED", known: false, unwoken: expect.any(StateUnavailable) });
  context.queue.wake = wake;
  expect(wakes).toEqual([]);
  await run(2 * MINUTE);
  expect(item("a").attempt).toBe(1);
  expect(service.startsOf(runKey("a"))).toBe(1);
});

test("a table that is down takes nothing in; the same request later does", async () => {
  const { accept, context, store, wakes } = door();
  const { write } = context.store;
  context.store.write = async () => {
    throw new StateUnavailable("down");
  };
  await expect(accept({ id: "a" })).rejects.toThrow(StateUnavailable);
  expect([...store.items]).toEqual([]);
  expect(wakes).toEqual([]);
  context.store.write = write;
  expect(await accept({ id: "a" })).toMatchObject({ known: false });
});

test("the same request again is the same run: woken again while nobody has taken it up, and left alone afterwards", async () => {
  const { accept, wakes, wake, service } = door();
  const answers = await Promise.all([accept({ id: "a" }), accept({ id: "a" }), accept({ id: "a" })]);
  expect(answers.filter(({ known }) => !known)).toHaveLength(1);
  expect(wakes).toEqual(["a", "a", "a"]);
  for (const id of wakes.splice(0)) await wake(id);
  expect(await accept({ id: "a" })).toEqual({ id: "a", state: "LAUNCHED", known: true });
  expect(wakes).toEqual([]);
  expect(service.startsOf(runKey("a"))).toBe(1);
});

test("another content under the id is refused, and the run is untouched", async () => {
  const { accept, item } = door();
  await accept({ id: "a" });
  const before = item("a");
  await expect(accept({ id: "a", content: "other" })).rejects.toMatchObject({ code: "ID_REUSED", path: "id" });
  expect(item("a")).toBe(before);
});

test("what no target takes is told to its sender and kept by nobody; a run that is known answers for itself", async () => {
  const { accept, configure, store } = door(doubleTarget({ name: "one", labels: ["old"] }));
  await expect(accept({ id: "a", labels: ["new"] })).rejects.toMatchObject({ code: "NO_TARGET" });
  await expect(accept({ id: "b", target: "two" })).rejects.toMatchObject({ code: "TARGET_UNKNOWN" });
  await expect(accept({ id: "c", labels: ["old"], target: "one" }, ["two"])).rejects.toMatchObject({ code: "TARGET_NOT_ALLOWED" });
  expect([...store.items]).toEqual([]);
  await accept({ id: "d", labels: ["old"] });
  configure(doubleTarget({ name: "one", labels: ["new"] }));
  expect(await accept({ id: "d", labels: ["old"] })).toMatchObject({ state: "ACCEPTED", known: true });
  await expect(accept({ id: "d", labels: ["old"], content: "other" })).rejects.toMatchObject({ code: "ID_REUSED" });
});

test("a run that its sender may neither send nor see is refused as if it were not there", async () => {
  const { accept, configure, wake } = door(doubleTarget({ name: "mine", labels: ["x"] }), doubleTarget({ name: "others" }));
  await accept({ id: "a" });
  await expect(accept({ id: "a" }, ["mine"]), "not launched yet").rejects.toMatchObject({ code: "NO_TARGET" });
  await wake("a");
  await expect(accept({ id: "a" }, ["mine"]), "at another target").rejects.toMatchObject({ code: "NO_TARGET" });
  await expect(accept({ id: "a", content: "other" }, ["mine"])).rejects.toMatchObject({ code: "NO_TARGET" });
  await accept({ id: "b", labels: ["x"] }, ["mine"]);
  configure(doubleTarget({ name: "others" }));
  expect(await accept({ id: "b", labels: ["x"] }, ["mine"]), "its own answers for itself").toMatchObject({ known: true });
});

test("the sender's targets stay with the run, whatever the configuration says when it is launched", async () => {
  const { accept, configure, wake, item, service } = door(doubleTarget({ name: "mine" }));
  await accept({ id: "a" }, ["mine"]);
  configure(doubleTarget({ name: "others" }), doubleTarget({ name: "mine", labels: ["moved"] }));
  expect(await wake("a")).toMatchObject({ outcome: "rejected", code: "NO_TARGET" });
  expect(item("a")).toMatchObject({ state: "REJECTED", senderTargets: ["mine"] });
  expect(service.startsOf(runKey("a"))).toBe(0);
});

test("a request that its cancel had overtaken is cancelled, and stays so", async () => {
  const { accept, context, item, wakes } = door();
  expect(await acceptCancel(context, "a", undefined)).toEqual({ id: "a", known: false });
  expect(await accept({ id: "a" })).toEqual({ id: "a", state: "CANCELLED", known: false });
  expect(await accept({ id: "a" })).toEqual({ id: "a", state: "CANCELLED", known: true });
  expect(item("a").state).toBe("CANCELLED");
  expect(wakes).toEqual([]);
});

test("a cancel is noted and woken, once and again, and a run that has ended is left as it is", async () => {
  const { accept, context, item, wake, wakes } = door();
  await accept({ id: "a" });
  wakes.splice(0);
  expect(await acceptCancel(context, "a", undefined)).toEqual({ id: "a", state: "ACCEPTED", known: true });
  const at = item("a").cancelRequestedAt;
  expect(await acceptCancel(context, "a", undefined)).toMatchObject({ known: true });
  expect(item("a").cancelRequestedAt).toBe(at);
  expect(wakes).toEqual(["a", "a"]);
  await wake("a");
  expect(await acceptCancel(context, "a", undefined)).toEqual({ id: "a", state: "CANCELLED", known: true });
});

test("somebody with some targets can't cancel others' runs, nor leave a tombstone for an id that might be anybody's", async () => {
  const { accept, context, item, store } = door(doubleTarget({ name: "mine" }), doubleTarget({ name: "others", labels: ["x"] }));
  await accept({ id: "a", labels: ["x"] });
  await accept({ id: "b" }, ["mine"]);
  expect(await acceptCancel(context, "a", ["mine"])).toBeUndefined();
  expect(await acceptCancel(context, "unseen", ["mine"])).toBeUndefined();
  expect(item("a").cancelRequestedAt).toBeUndefined();
  expect(store.items.has(runKey("unseen"))).toBe(false);
  expect(await acceptCancel(context, "b", ["mine"])).toMatchObject({ known: true });
});

test.each([
  ["at a target of theirs", { target: "prod" }, ["prod"], true],
  ["at a target that a glob of theirs names", { target: "prod-eu" }, ["prod-*"], true],
  ["at another target, whoever sent it", { target: "test", senderTargets: ["prod"] }, ["prod"], false],
  ["at none yet, sent by somebody who could use theirs alone", { senderTargets: ["prod"] }, ["p*"], true],
  ["at none yet, sent with a glob within theirs", { senderTargets: ["prod-*"] }, ["prod*"], true],
  ["at none yet, sent with a glob that is wider", { senderTargets: ["prod*"] }, ["prod-*"], false],
  ["at none yet, sent by somebody who could use others too", { senderTargets: ["prod", "test"] }, ["prod"], false],
  ["at none yet, sent by somebody who could use all", {}, ["prod"], false],
  ["at none yet, for somebody who may use all", {}, ["*"], true],
])("a run is within somebody's targets: %s", (_rule, run, targets, within) => {
  expect(isWithin(run, targets)).toBe(within);
});
