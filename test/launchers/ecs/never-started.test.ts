/** Of which ends of a task it is sure that its container never started, for a reason that may pass: then it is launched again. */
import { expect, test } from "vitest";
import { runKey } from "../../../shared/core/identity.ts";
import { eventOf } from "../../../shared/launchers/ecs/events.ts";
import { startedBy } from "../../../shared/launchers/ecs/naming.ts";
import { observationOf, type SeenTask } from "../../../shared/launchers/ecs/observation.ts";
import { flow, NOW, STARTED, stopped } from "./tasks.ts";

const BY_USER = { stopCode: "UserInitiated" } as const;
const NOT_STARTED = { stopCode: "TaskFailedToStart" } as const;

const UNSTARTED = { ...NOT_STARTED, startedAt: undefined };
const PULL = "CannotPullContainerError: ref pull has been retried 5 time(s): ";
const INIT = "ResourceInitializationError: unable to pull secrets or registry auth: ";
const SPOT = { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted.", startedAt: undefined } as const;
type Unstarted = readonly [what: string, task: Partial<SeenTask>, again: boolean];
const unstarted: readonly Unstarted[] = [
  [
    "want of memory behind a capacity provider",
    { ...UNSTARTED, stoppedReason: "TaskFailedToStart: RESOURCE:MEMORY", containers: [] },
    true,
  ],
  ["want of GPUs", { ...UNSTARTED, stoppedReason: "TaskFailedToStart: RESOURCE:GPU", containers: [flow()] }, true],
  ["no agent", { ...UNSTARTED, stoppedReason: "TaskFailedToStart: AGENT", containers: [] }, true],
  ["no instances", { ...UNSTARTED, stoppedReason: "TaskFailedToStart: EMPTY CAPACITY PROVIDER", containers: [] }, true],
  [
    "no capacity in the zones",
    { ...UNSTARTED, stoppedReason: "Capacity is unavailable at this time. Please try again later", containers: [] },
    true,
  ],
  [
    "no instance that fits, now or later",
    { ...UNSTARTED, stoppedReason: "TaskFailedToStart: MemberOf placement constraint unsatisfied" },
    false,
  ],
  ["an attribute that no instance has", { ...UNSTARTED, stoppedReason: "TaskFailedToStart: ATTRIBUTE" }, false],
  [
    "a pull that was throttled",
    { ...UNSTARTED, stoppedReason: `${PULL}429 Too Many Requests - toomanyrequests`, containers: [flow()] },
    true,
  ],
  ["a pull that timed out", { ...UNSTARTED, stoppedReason: `${PULL}dial tcp 3.4.5.6:443: i/o timeout`, containers: [flow()] }, true],
  [
    "a pull that timed out, said of the container",
    { ...UNSTARTED, containers: [flow({ reason: `${PULL}context deadline exceeded` })] },
    true,
  ],
  ["a sidecar's pull that timed out", { ...UNSTARTED, containers: [{ name: "log", reason: `${PULL}i/o timeout` }, flow()] }, true],
  [
    "the same, and the run's container was made",
    { ...UNSTARTED, containers: [{ name: "log", reason: `${PULL}i/o timeout` }, flow({ runtimeId: "1" })] },
    false,
  ],
  ["an image that is not there", { ...UNSTARTED, stoppedReason: `${PULL}docker.io/a/b:1: not found`, containers: [flow()] }, false],
  [
    "no right to the image",
    { ...UNSTARTED, containers: [flow({ reason: "CannotPullContainerError: pull access denied for me/img" })] },
    false,
  ],
  ["ECR did not let it", { ...UNSTARTED, stoppedReason: "CannotPullECRContainerError: AccessDeniedException: timeout" }, false],
  ["secrets that did not come in time", { ...UNSTARTED, stoppedReason: `${INIT}context deadline exceeded`, containers: [flow()] }, true],
  ["secrets that were throttled", { ...UNSTARTED, stoppedReason: `${INIT}ThrottlingException: Rate exceeded`, containers: [flow()] }, true],
  [
    "a secret that it may not read",
    { ...UNSTARTED, stoppedReason: `${INIT}AccessDeniedException: not authorized`, containers: [flow()] },
    false,
  ],
  [
    "no log group",
    { ...UNSTARTED, stoppedReason: "ResourceInitializationError: ResourceNotFoundException: The specified log group does not exist." },
    false,
  ],
  ["its network did not come", { ...UNSTARTED, stoppedReason: "Timeout waiting for network interface provisioning to complete." }, true],
  ["Spot took it before its start", { ...SPOT, containers: [flow()] }, true],
  ["Spot took it after its start", { ...SPOT, startedAt: STARTED, containers: [flow()] }, false],
  ["Spot took it while others started, and it was made", { ...SPOT, containers: [flow({ runtimeId: "1" })] }, false],
  ["Spot took it, and it had ended", { ...SPOT, containers: [flow({ exitCode: 143 })] }, false],
  [
    "its instance went away before its start",
    { startedAt: undefined, stoppedReason: "Host EC2 (instance i-0123456789abcdef0) terminated." },
    true,
  ],
  ["its instance went away", { stoppedReason: "Host EC2 (instance i-0123456789abcdef0) terminated.", containers: [flow()] }, false],
  [
    "a start that was not told in time: it may have come about",
    {
      ...UNSTARTED,
      containers: [flow({ reason: "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m" })],
    },
    false,
  ],
  [
    "a program that is not in the image",
    { ...UNSTARTED, containers: [flow({ exitCode: 127, reason: "CannotStartContainerError: not found" })] },
    false,
  ],
  ["a person stopped it", { ...BY_USER, startedAt: undefined, stoppedReason: "Task stopped by user", containers: [flow()] }, false],
  ["our time limit", { ...BY_USER, startedAt: undefined, stoppedReason: "slipway: timeout after 60 s", containers: [flow()] }, false],
  ["nothing is said", { startedAt: undefined }, false],
];

function startedOrNot({ startedAt, ...parts }: SeenTask): SeenTask {
  return startedAt === undefined ? parts : { startedAt, ...parts };
}

test.each(unstarted)("launched again or not: %s", (_what, task, again) => {
  const seen = startedOrNot(stopped(task));
  const observation = observationOf(seen, NOW);
  expect(observation).toMatchObject({ status: "ended", outcome: { state: "FAILED" } });
  if (observation.status !== "ended" || observation.outcome.state !== "FAILED") return;
  expect(observation.outcome.neverStarted ?? false).toBe(again);
  const event = JSON.parse(
    JSON.stringify({
      source: "aws.ecs",
      "detail-type": "ECS Task State Change",
      detail: { ...seen, version: 1, startedBy: startedBy("test", runKey("r"), 1) },
    }),
  );
  expect(eventOf(event, NOW)?.observation, "its event says the same").toEqual({ ...observation, version: 1 });
});
