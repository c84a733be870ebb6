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
import { ARN, type Detail, ENDED, flow, KEY, NOT_STARTED, STARTED_AT, STOPPED_AT, sidecar, taskEvent } from "./task-events.ts";

type Mark = "documented" | "recorded" | "assumed";

/** A row's record: its state, or the failure's class, with the exit code; what the reason and the hint say, where they are to say something. */
type Row = readonly [what: string, mark: Mark, detail: Detail, end: string, reason?: RegExp, hint?: RegExp];

const OOM = "OutOfMemoryError: Container killed due to memory usage";
const BY_USER: Detail = { ...ENDED, stopCode: "UserInitiated" };
const spot = { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted." } as const;

const STARTING: readonly Row[] = (["PROVISIONING", "PENDING", "ACTIVATING"] as const).map((lastStatus, index) => [
  lastStatus,
  "documented",
  {
    lastStatus,
    startedAt: null,
    pullStartedAt: null,
    pullStoppedAt: null,
    containers: [flow({ lastStatus: "PENDING" })],
    version: index + 1,
  },
  "LAUNCHED",
]);

const ROWS: readonly Row[] = [
  ...STARTING,
  ["RUNNING", "documented", {}, "RUNNING"],
  ["DEACTIVATING", "documented", { lastStatus: "DEACTIVATING", desiredStatus: "STOPPED", version: 4 }, "RUNNING"],
  ["STOPPING", "documented", { lastStatus: "STOPPING", desiredStatus: "STOPPED", version: 4 }, "RUNNING"],
  [
    "DEPROVISIONING, with the exit code already",
    "documented",
    { lastStatus: "DEPROVISIONING", desiredStatus: "STOPPED", containers: [flow({ exitCode: 0 })], version: 5 },
    "RUNNING",
  ],
  ["a status that is not known yet", "assumed", { lastStatus: "HIBERNATING", startedAt: null }, "LAUNCHED"],
  [
    "RUNNING, asked to stop",
    "documented",
    { desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "slipway: cancelled" },
    "RUNNING",
  ],
  ["Spot's warning, two minutes ahead", "documented", { desiredStatus: "STOPPED", ...spot }, "RUNNING"],
  [
    "Spot's warning, in its earlier words",
    "recorded",
    { desiredStatus: "STOPPED", stopCode: "TerminationNotice", stoppedReason: "Your Spot Task was interrupted." },
    "RUNNING",
  ],
  ["exit 0", "documented", { ...ENDED, containers: [flow({ exitCode: 0 })] }, "SUCCEEDED 0"],
  [
    "exit 0 beside a sidecar that was killed",
    "recorded",
    { ...ENDED, containers: [sidecar({ exitCode: 137 }), flow({ exitCode: 0 })] },
    "SUCCEEDED 0",
  ],
  ["exit 0 in the time that Spot gives", "documented", { ...ENDED, ...spot, containers: [flow({ exitCode: 0 })] }, "SUCCEEDED 0"],
  [
    "exit 0 after our stop",
    "assumed",
    { ...BY_USER, stoppedReason: "slipway: cancelled", containers: [flow({ exitCode: 0 })] },
    "SUCCEEDED 0",
  ],
  ["exit 1", "documented", { ...ENDED, containers: [flow({ exitCode: 1 })] }, "app_error 1", /exited with code 1/, /log/],
  ["exit 139", "recorded", { ...ENDED, containers: [flow({ exitCode: 139 })] }, "app_error 139", /139/, /log/],
  ["137 alone", "documented", { ...ENDED, containers: [flow({ exitCode: 137 })] }, "app_error 137", /137/],
  [
    "137 for want of memory",
    "documented",
    { ...ENDED, containers: [flow({ exitCode: 137, reason: OOM })] },
    "out_of_memory 137",
    /OutOfMemory/,
    /memory/,
  ],
  [
    "want of memory without an exit code",
    "recorded",
    { ...ENDED, containers: [flow({ reason: OOM })] },
    "out_of_memory -",
    /OutOfMemory/,
    /memory/,
  ],
  [
    "a sidecar's want of memory took it along",
    "recorded",
    { ...ENDED, containers: [sidecar({ exitCode: 137, reason: OOM }), flow({ exitCode: 143 })] },
    "app_error 143",
    /log_router.*OutOfMemory/,
  ],
  [
    "an image that is not there",
    "documented",
    {
      ...NOT_STARTED,
      stoppedReason:
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/acme/etl:9: docker.io/acme/etl:9: not found",
    },
    "image_pull -",
    /not found/,
    /image's name/,
  ],
  [
    "no right to the image",
    "documented",
    {
      ...NOT_STARTED,
      containers: [flow({ reason: "CannotPullContainerError: Error response from daemon: pull access denied for acme/etl" })],
    },
    "image_pull -",
    /pull access denied/,
    /rights/,
  ],
  [
    "ECR's token was denied",
    "documented",
    {
      ...NOT_STARTED,
      stoppedReason: "CannotPullECRContainerError: AccessDeniedException: not authorized to perform: ecr:GetAuthorizationToken",
    },
    "image_pull -",
    /ecr:GetAuthorizationToken/,
    /rights/,
  ],
  [
    "a secret that may not be read",
    "documented",
    {
      ...NOT_STARTED,
      stoppedReason:
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: AccessDeniedException: secretsmanager:GetSecretValue",
    },
    "start_failure -",
    /GetSecretValue/,
  ],
  [
    "a log group that is not there",
    "documented",
    {
      ...NOT_STARTED,
      stoppedReason:
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: ResourceNotFoundException: The specified log group does not exist.",
    },
    "start_failure -",
    /log group/,
  ],
  [
    "a program that is not in the image",
    "recorded",
    {
      ...ENDED,
      startedAt: null,
      containers: [flow({ exitCode: 127, reason: 'CannotStartContainerError: exec: "flow": executable file not found in $PATH' })],
    },
    "start_failure 127",
    /executable file not found/,
  ],
  [
    "a container that could not be made",
    "documented",
    { ...NOT_STARTED, containers: [flow({ reason: "CannotCreateContainerError: API error (400): Invalid volume" })] },
    "start_failure -",
    /Invalid volume/,
  ],
  [
    "no instance that fits",
    "documented",
    { ...NOT_STARTED, stoppedReason: "TaskFailedToStart: MemberOf placement constraint unsatisfied.", containers: [] },
    "start_failure -",
    /MemberOf/,
  ],
  [
    "an attribute that no instance has",
    "documented",
    { ...NOT_STARTED, stoppedReason: "TaskFailedToStart: ATTRIBUTE", containers: [] },
    "start_failure -",
    /ATTRIBUTE/,
  ],
  [
    "an essential sidecar that ended before the run began",
    "assumed",
    { ...ENDED, startedAt: null, containers: [sidecar({ exitCode: 2 }), flow()] },
    "start_failure -",
    /log_router exited with code 2/,
  ],
  ["Spot took it while it ran", "documented", { ...ENDED, ...spot, containers: [flow({ exitCode: 143 })] }, "interrupted 143", /Spot/],
  [
    "a termination notice ran out",
    "documented",
    {
      ...ENDED,
      stopCode: "TerminationNotice",
      stoppedReason: "ECS is performing maintenance on the underlying infrastructure hosting the task",
      containers: [flow({ exitCode: 137 })],
    },
    "interrupted 137",
    /maintenance/,
  ],
  [
    "the host's health",
    "documented",
    {
      ...ENDED,
      stopCode: "InfrastructureHealth",
      stoppedReason: "Task stopped because of infrastructure health",
      containers: [flow({ exitCode: 137 })],
    },
    "interrupted 137",
    /infrastructure/,
  ],
  [
    "its instance was terminated",
    "recorded",
    { ...ENDED, stopCode: null, stoppedReason: "Host EC2 (instance i-0123456789abcdef0) terminated.", containers: [flow()] },
    "interrupted -",
    /i-0123456789abcdef0/,
  ],
  [
    "its instance was drained",
    "recorded",
    { ...ENDED, stopCode: null, stoppedReason: "Task stopped during instance draining", containers: [flow({ exitCode: 143 })] },
    "interrupted 143",
    /draining/,
  ],
  ["our cancel", "assumed", { ...BY_USER, stoppedReason: "slipway: cancelled", containers: [flow({ exitCode: 143 })] }, "CANCELLED 143"],
  [
    "our cancel before it started",
    "assumed",
    { ...BY_USER, startedAt: null, stoppedReason: "slipway: cancelled", containers: [flow()] },
    "CANCELLED -",
  ],
  [
    "our time limit, on a record that knows of none",
    "assumed",
    { ...BY_USER, stoppedReason: "slipway: timeout", containers: [flow({ exitCode: 137 })] },
    "timeout 137",
    /timeout/,
  ],
  [
    "a person in the console",
    "documented",
    { ...BY_USER, stoppedReason: "Task stopped by user", containers: [flow({ exitCode: 137 })] },
    "stopped 137",
    /by user/,
  ],
  [
    "a person who writes as we do, a bit later",
    "assumed",
    { ...BY_USER, stoppedReason: "see slipway: cancelled", containers: [flow({ exitCode: 143 })] },
    "stopped 143",
    /see slipway/,
  ],
  ["DELETED", "documented", { ...ENDED, lastStatus: "DELETED", containers: [flow({ exitCode: 0 })] }, "SUCCEEDED 0"],
  [
    "nothing is said of why",
    "assumed",
    { ...ENDED, stopCode: null, stoppedReason: null, containers: [flow()] },
    "start_failure -",
    /never started/,
  ],
  ["no containers at all", "assumed", { ...NOT_STARTED, containers: null }, "start_failure -", /failed to start/],
  [
    "fields that are not known yet",
    "documented",
    { ...ENDED, containers: [flow({ exitCode: 0, mood: "good" })], weather: { sun: true } },
    "SUCCEEDED 0",
  ],
  [
    "times with an offset",
    "recorded",
    { ...ENDED, stoppedAt: "2026-01-05T13:20:00.456+01:00", containers: [flow({ exitCode: 0 })] },
    "SUCCEEDED 0",
  ],
  ["a version that skips some", "documented", { ...ENDED, version: 41, containers: [flow({ exitCode: 0 })] }, "SUCCEEDED 0"],
];

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
