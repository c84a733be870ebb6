/** The bus as the real SDK reaches it. */
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CloudEvent } from "cloudevents";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventBridgeBus } from "../../shared/adapters/event-bus.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { EventBus } from "../../shared/core/ports.ts";
import { eventsOf, type RunEvent } from "../../shared/core/run-event.ts";
import { type BusFault, type EventBridgeServer, startEventBridge } from "../doubles/eventbridge/server.ts";
import { HANDLE, item, NOW } from "../support/every-write.ts";

let server: EventBridgeServer;
let client: EventBridgeClient;
let bus: EventBus;

beforeEach(async () => {
  server = await startEventBridge(["runs"]);
  client = new EventBridgeClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "k", secretAccessKey: "s" },
    maxAttempts: 2,
    requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
  });
  bus = eventBridgeBus(async () => client, "runs");
});
afterEach(async () => {
  client.destroy();
  await server.stop();
});

const RUN = item({
  state: "FAILED",
  attempt: 2,
  target: "prod",
  handle: HANDLE,
  endedAt: NOW,
  exitCode: 3,
  failure: { class: "app_error", exitCode: 3, reason: "exit code 3", lastLines: ["PASSWORD=hunter2"] },
  changes: 3,
  unpublished: [
    { state: "LAUNCHED", at: NOW - 5, attempt: 2 },
    { state: "FAILED", at: NOW, attempt: 2 },
  ],
});

function many(count: number): readonly RunEvent[] {
  return Array.from({ length: count }, (_, index) => eventsOf({ ...RUN, key: `k${index}` }, "prod")[1] as RunEvent);
}

test("each change is one entry, whose detail is a CloudEvent that a library takes", async () => {
  await bus.publish(eventsOf(RUN, "prod"));
  expect(server.bus.taken).toMatchObject([
    { bus: "runs", source: "slipway", detailType: "Slipway Run State Change", time: (NOW - 5) / 1000 },
    { bus: "runs", source: "slipway", detailType: "Slipway Run State Change", time: NOW / 1000 },
  ]);
  const [launched, failed] = server.bus.taken.map(({ detail }) => new CloudEvent<Record<string, unknown>>(JSON.parse(detail), true));
  expect(launched).toMatchObject({ type: "slipway.run.launched", id: "key-2", source: "/slipway/prod", subject: "run-1" });
  expect(launched?.data).toMatchObject({ id: "run-1", state: "LAUNCHED", attempt: 2, type: "UniversalRun" });
  expect(failed).toMatchObject({ type: "slipway.run.failed", id: "key-3", source: "/slipway/prod" });
  expect(failed?.data).toMatchObject({ state: "FAILED", exit_code: 3, target: "prod", failure: { class: "app_error", exit_code: 3 } });
});

test("what a run wrote, its sealed request and the protocol's own attributes are not told", async () => {
  const whole = { ...RUN, owner: "owner-7", planDigest: "plan-7", senderTargets: ["secret-target"], request: new Uint8Array([7, 7, 7]) };
  await bus.publish(eventsOf(whole, "prod"));
  const told = server.bus.taken.map(({ detail }) => detail).join();
  for (const hidden of ["hunter2", "owner-7", "plan-7", "secret-target", "7,7,7", "active_shard", "digest"])
    expect(told).not.toContain(hidden);
});

test("more than one call takes go in several", async () => {
  await bus.publish(many(23));
  expect(server.calls()).toBe(3);
  expect(new Set(server.bus.taken.map(({ detail }) => JSON.parse(detail).id)).size).toBe(23);
});

test("nothing to tell is no call", async () => {
  await bus.publish([]);
  expect(server.calls()).toBe(0);
});

test.each<[string, readonly BusFault[], number]>([
  ["a throttle is tried again", [{ status: 400, type: "ThrottlingException" }], 1],
  ["a failure of the service is tried again", [{ status: 500, type: "InternalFailure" }], 1],
  ["a connection that is reset is tried again", ["reset"], 1],
  ["an answer that was lost: told twice rather than not at all", ["answer lost"], 2],
])("%s", async (_rule, faults, taken) => {
  server.faults.push(...faults);
  await bus.publish(many(1));
  expect(server.bus.taken.length).toBe(taken);
});

test.each<[string, () => void]>([
  ["one entry that is refused inside a 200", () => void server.bus.refuse.push("InternalFailure")],
  ["a bus that denies", () => void server.faults.push({ status: 400, type: "AccessDeniedException" })],
  ["a bus that stays silent", () => void server.faults.push("silent", "silent")],
  ["a bus that is down", () => void server.faults.push("reset", "reset")],
])("%s: the caller hears that not all was told", async (_rule, plan) => {
  plan();
  await expect(bus.publish(many(3))).rejects.toThrow(StateUnavailable);
});
