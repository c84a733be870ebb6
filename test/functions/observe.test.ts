/** Events of ECS through the exported handler → state, class, reason and hint of the run's record. */
import type { EventBridgeEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import { observeHandler } from "../../functions/observe.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { requestCancel } from "../../shared/core/writes/operate.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { testDispatcher } from "../support/dispatcher.ts";
import { doubleTarget } from "../support/runs.ts";
import { START } from "../support/virtual-clock.ts";
import { BY_USER, ROWS, spot } from "./task-ends.ts";
import { ARN, ENDED, flow, KEY, STARTED_AT, STOPPED_AT, taskEvent } from "./task-events.ts";

/** A dispatcher that knows the real launchers, and its handler for events. */
function observing(over: Partial<RunRecord> = {}) {
  const dispatcher = testDispatcher({ targets: [doubleTarget({ name: "prod", relaunch: 0 })] });
  Object.assign(dispatcher.context.planning, { launchers: { ...dispatcher.context.planning.launchers, ...launchers } });
  const record: RunRecord = {
    id: "r",
    key: KEY,
    attempt: 1,
    state: "LAUNCHED",
    digest: "d",
    target: "prod",
    handle: ARN,
    launchedAt: START,
    nextCheckAt: START + 60_000,
    ...over,
  };
  dispatcher.store.put(KEY, record);
  const logged: unknown[] = [];
  const note = (facts: unknown) => void logged.push(facts);
  const log = { debug: note, info: note, warn: note, error: note };
  const unused = () => Promise.reject(new Error("an event needs nothing of it"));
  const composition = {
    context: { ...dispatcher.context, backends: unused },
    log,
    sweepLock: { take: unused, release: unused },
    consumer: { receive: unused, remove: unused },
  };
  const handler = observeHandler(async () => composition as never);
  return {
    ...dispatcher,
    logged,
    tell: (event: object) => handler(event as EventBridgeEvent<string, object>, lambdaContext("observe", 30)),
  };
}

function summaryOf({ state, failure, exitCode }: RunRecord): string {
  const ended = state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";
  return ended ? `${failure?.class ?? state} ${exitCode ?? "-"}` : String(state);
}

test("there are more than forty cases, each with its mark", () => {
  expect(ROWS.length).toBeGreaterThan(40);
});

const CASES = ROWS.map(([what, mark, detail, end, reason, hint]) => ({ what, mark, detail, end, reason, hint }));

test.each(CASES)("$what ($mark)", async ({ detail, end, reason, hint }) => {
  const { tell, item, store } = observing({ state: "LAUNCHING", owner: "somebody", leaseUntil: START + 75_000 });
  const event = taskEvent(detail);
  expect(await tell(event)).toMatchObject({ outcome: "folded in", id: "r", attempt: 1 });
  expect(summaryOf(item("r"))).toBe(end);
  // One write settles the launch, too; only an announced end is noted by a second one, and nothing is read.
  const { ending } = item("r");
  expect(store.calls).toEqual({ reads: 0, writes: ending === undefined ? 1 : 2 });
  expect(item("r")).toMatchObject({ handle: ARN, version: event.detail["version"] });
  expect(item("r").owner).toBeUndefined();
  if (end.includes(" ")) expect(item("r").endedAt).toBe(STOPPED_AT);
  if (end === "RUNNING") expect(item("r").startedAt).toBe(STARTED_AT);
  if (reason !== undefined) expect(item("r").failure?.reason).toMatch(reason);
  if (hint !== undefined) expect(item("r").failure?.hint).toMatch(hint);
  expect(JSON.stringify(item("r"))).not.toContain("in clear");
  // The same once more, as events come.
  const after = item("r");
  expect(await tell(event)).toMatchObject({ outcome: "nothing new" });
  expect(item("r")).toEqual(after);
});

test("Spot's warning is told on the record, and gone from it with the end", async () => {
  const { tell, item } = observing();
  await tell(taskEvent({}));
  await tell(taskEvent({ desiredStatus: "STOPPED", ...spot, version: 4 }));
  expect(item("r")).toMatchObject({ state: "RUNNING", ending: "Your Spot Task was interrupted." });
  await tell(taskEvent({ ...ENDED, ...spot, containers: [flow({ exitCode: 143 })] }));
  expect(item("r")).toMatchObject({ state: "FAILED", failure: { class: "interrupted" } });
  expect(item("r").ending).toBeUndefined();
});

test.each<[string, object, string]>([
  ["another deployment's", taskEvent({ startedBy: `slipway/test-2/${KEY}/1` }), "another deployment's"],
  ["a run that the table does not hold", taskEvent({ startedBy: `slipway/test/${"a".repeat(26)}/1` }), "unknown run"],
  ["an attempt that the run has not had", taskEvent({ startedBy: `slipway/test/${KEY}/2` }), "nothing new"],
  ["another task than the record's", taskEvent({ taskArn: `${ARN}0` }), "nothing new"],
  ["a service's task", taskEvent({ startedBy: "ecs-svc/1234567890123456789" }), "of no run"],
  ["a task that nobody signed", taskEvent({ startedBy: null }), "of no run"],
  ["another event of ECS", taskEvent({}, { "detail-type": "ECS Container Instance State Change" }), "of no run"],
  ["another source's", taskEvent({}, { source: "aws.ec2" }), "of no run"],
  ["without a detail", { source: "aws.ecs", "detail-type": "ECS Task State Change" }, "of no run"],
])("acknowledged, and nothing is changed: %s", async (_what, event, outcome) => {
  const { tell, item, logged, store } = observing();
  const before = item("r");
  expect(await tell(event)).toMatchObject({ outcome });
  expect(item("r")).toEqual(before);
  expect(store.items.size).toBe(1);
  expect(logged).toMatchObject([{ outcome }]);
});

test("a tombstone is no run: an event of its id changes nothing", async () => {
  const { tell, store } = observing();
  store.put(KEY, { id: "r", key: KEY, attempt: 0, cancelRequestedAt: 1, expiresAt: 9 });
  expect(await tell(taskEvent({}))).toMatchObject({ outcome: "unknown run" });
});

test("an event of ours of another form is brought again, and says what is wrong without saying what is in it", async () => {
  const { tell } = observing();
  await expect(tell(taskEvent({ version: "three", taskArn: null }))).rejects.toThrow("is of another form than is known: taskArn, version");
});

test("a cancel that met a launch in doubt is acted on as soon as an event settles it", async () => {
  const { tell, item, store, wakes } = observing({ state: "LAUNCHING", unsettled: true });
  await store.write(KEY, requestCancel(START));
  await tell(taskEvent({}));
  expect(item("r").state).toBe("RUNNING");
  expect(wakes).toEqual(["r"]);
});

test("a stop for a limit that an event brings the end of: it ended for that reason", async () => {
  const stopping = { class: "timeout", reason: "it ran longer than its limit of 5 s" } as const;
  const { tell, item, store } = observing({ state: "RUNNING", stopping });
  await tell(taskEvent({ ...BY_USER, stoppedReason: "slipway: timeout", containers: [flow({ exitCode: 143 })] }));
  expect(item("r")).toMatchObject({ state: "FAILED", exitCode: 143, failure: { ...stopping, exitCode: 143 } });
  expect(item("r").stopping).toBeUndefined();
  expect(store.calls.writes).toBe(2);
});

test("a table that is down: the event is thrown back", async () => {
  const { tell, context } = observing();
  Object.assign(context.store, { write: () => Promise.reject(new Error("the table is down")) });
  await expect(tell(taskEvent({}))).rejects.toThrow("the table is down");
});
