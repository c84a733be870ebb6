/** Tasks as DescribeTasks and the events show them. Sources: AWS's pages on stopped tasks and API failures, agents' issues, events that peers recorded. */
import { expect, test } from "vitest";
import type { RunFailureClass, RunOutcome } from "../../../shared/core/record.ts";
import { clusterOf, handleOf, observationOf, type SeenTask } from "../../../shared/launchers/ecs/observation.ts";
import { ARN, flow, NOW, STARTED, STOPPED, stopped } from "./tasks.ts";

/** `SUCCEEDED`, `CANCELLED`, or the class of a failure, each with an exit code or `-`. */
type Ended = `${"SUCCEEDED" | "CANCELLED" | RunFailureClass} ${number | "-"}`;
const ESSENTIAL = { stopCode: "EssentialContainerExited", stoppedReason: "Essential container in task exited" } as const;
const BY_USER = { stopCode: "UserInitiated" } as const;
const NOT_STARTED = { stopCode: "TaskFailedToStart" } as const;
const OOM = "OutOfMemoryError: Container killed due to memory usage";

const ends: readonly (readonly [what: string, task: Partial<SeenTask>, ended: Ended])[] = [
  ["exit 0", { ...ESSENTIAL, containers: [flow({ exitCode: 0 })] }, "SUCCEEDED 0"],
  [
    "exit 0, stopped by a person afterwards",
    { ...BY_USER, stoppedReason: "Task stopped by user", containers: [flow({ exitCode: 0 })] },
    "SUCCEEDED 0",
  ],
  [
    "exit 0, stopped by our cancel afterwards",
    { ...BY_USER, stoppedReason: "slipway: cancelled", containers: [flow({ exitCode: 0 })] },
    "SUCCEEDED 0",
  ],
  [
    "exit 0 in the two minutes that Spot gives",
    { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted.", containers: [flow({ exitCode: 0 })] },
    "SUCCEEDED 0",
  ],
  [
    "exit 0 with a sidecar killed after it",
    { ...ESSENTIAL, containers: [{ name: "log", exitCode: 137 }, flow({ exitCode: 0 })] },
    "SUCCEEDED 0",
  ],
  ["exit 0 with an OOM reason (amazon-ecs-agent#2467)", { ...ESSENTIAL, containers: [flow({ exitCode: 0, reason: OOM })] }, "SUCCEEDED 0"],
  ["exit 1", { ...ESSENTIAL, containers: [flow({ exitCode: 1 })] }, "app_error 1"],
  ["a segmentation fault", { ...ESSENTIAL, containers: [flow({ exitCode: 139 })] }, "app_error 139"],
  ["137 alone", { ...ESSENTIAL, containers: [flow({ exitCode: 137 })] }, "app_error 137"],
  ["137 with the reason", { ...ESSENTIAL, containers: [flow({ exitCode: 137, reason: OOM })] }, "out_of_memory 137"],
  ["out of memory without an exit code (amazon-ecs-agent#5135)", { ...ESSENTIAL, containers: [flow({ reason: OOM })] }, "out_of_memory -"],
  [
    "a sidecar out of memory took the run with it",
    { ...ESSENTIAL, containers: [{ name: "log", exitCode: 137, reason: OOM }, flow({ exitCode: 143 })] },
    "app_error 143",
  ],
  [
    "an essential sidecar that ended before the run began",
    { ...ESSENTIAL, containers: [{ name: "init", exitCode: 2 }, flow()] },
    "start_failure -",
  ],
  ["no exit code and no reason", { ...ESSENTIAL, containers: [flow()] }, "start_failure -"],
  ["no containers at all", { ...NOT_STARTED, stoppedReason: "Task failed to start", containers: [] }, "start_failure -"],
  ["nothing is said", {}, "start_failure -"],
  [
    "an image that is not there",
    {
      ...NOT_STARTED,
      stoppedReason:
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/a/b:1: docker.io/a/b:1: not found",
      containers: [flow()],
    },
    "image_pull -",
  ],
  [
    "the same in the container's reason",
    {
      ...NOT_STARTED,
      stoppedReason: "Task failed to start",
      containers: [flow({ reason: "CannotPullContainerError: Error response from daemon: manifest unknown" })],
    },
    "image_pull -",
  ],
  [
    "no right to the image",
    {
      ...NOT_STARTED,
      stoppedReason: "Task failed to start",
      containers: [flow({ reason: "CannotPullContainerError: Error response from daemon: pull access denied for me/img" })],
    },
    "image_pull -",
  ],
  [
    "the registry's limit",
    {
      ...NOT_STARTED,
      stoppedReason:
        "CannotPullContainerError: ref pull has been retried 5 time(s): httpReadSeeker: failed open: 429 Too Many Requests - toomanyrequests",
      containers: [flow()],
    },
    "image_pull -",
  ],
  [
    "ECR did not let it",
    {
      ...NOT_STARTED,
      stoppedReason: "CannotPullECRContainerError: AccessDeniedException: not authorized to perform: ecr:GetAuthorizationToken",
      containers: [flow()],
    },
    "image_pull -",
  ],
  [
    "no way to the secrets",
    {
      ...NOT_STARTED,
      stoppedReason:
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: context deadline exceeded",
      containers: [flow()],
    },
    "start_failure -",
  ],
  [
    "no log group",
    {
      ...NOT_STARTED,
      stoppedReason:
        "ResourceInitializationError: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
      containers: [flow()],
    },
    "start_failure -",
  ],
  [
    "a secret that can't be read (Fargate 1.3)",
    {
      ...NOT_STARTED,
      stoppedReason: "Fetching secret data from AWS Secrets Manager in region eu-west-1: secret arn: AccessDeniedException",
      containers: [flow()],
    },
    "start_failure -",
  ],
  [
    "want of memory behind a capacity provider",
    { ...NOT_STARTED, stoppedReason: "TaskFailedToStart: RESOURCE:MEMORY", containers: [] },
    "start_failure -",
  ],
  ["want of GPUs", { ...NOT_STARTED, stoppedReason: "TaskFailedToStart: RESOURCE:GPU", containers: [] }, "start_failure -"],
  [
    "no instance that fits",
    { ...NOT_STARTED, stoppedReason: "TaskFailedToStart: MemberOf placement constraint unsatisfied", containers: [] },
    "start_failure -",
  ],
  ["no instances", { ...NOT_STARTED, stoppedReason: "TaskFailedToStart: EMPTY CAPACITY PROVIDER", containers: [] }, "start_failure -"],
  [
    "a program that is not in the image",
    {
      ...ESSENTIAL,
      containers: [
        flow({
          exitCode: 127,
          reason:
            'CannotStartContainerError: Error response from daemon: OCI runtime create failed: exec: "flow": executable file not found in $PATH',
        }),
      ],
    },
    "start_failure 127",
  ],
  [
    "a container that could not be made",
    {
      ...NOT_STARTED,
      stoppedReason: "Task failed to start",
      containers: [flow({ reason: "CannotCreateContainerError: API error (400): Invalid volume" })],
    },
    "start_failure -",
  ],
  [
    "a container that did not start in time",
    {
      ...ESSENTIAL,
      containers: [flow({ reason: "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m" })],
    },
    "start_failure -",
  ],
  [
    "Spot took it",
    { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted.", containers: [flow({ exitCode: 143 })] },
    "interrupted 143",
  ],
  [
    "Spot took it while it pulled its image",
    {
      stopCode: "SpotInterruption",
      stoppedReason: "Your Spot Task was interrupted.",
      containers: [flow({ reason: "CannotPullContainerError: context canceled" })],
    },
    "interrupted -",
  ],
  [
    "the host's health",
    {
      stopCode: "InfrastructureHealth",
      stoppedReason: "Task stopped because of infrastructure health",
      containers: [flow({ exitCode: 137 })],
    },
    "interrupted 137",
  ],
  [
    "a termination notice",
    {
      stopCode: "TerminationNotice",
      stoppedReason: "ECS is performing maintenance on the underlying infrastructure",
      containers: [flow({ exitCode: 137 })],
    },
    "interrupted 137",
  ],
  [
    "its instance went away",
    { stoppedReason: "Host EC2 (instance i-0123456789abcdef0) terminated.", containers: [flow()] },
    "interrupted -",
  ],
  [
    "its instance was drained",
    { stoppedReason: "Task stopped during instance draining", containers: [flow({ exitCode: 143 })] },
    "interrupted 143",
  ],
  ["our cancel", { ...BY_USER, stoppedReason: "slipway: cancelled", containers: [flow({ exitCode: 143 })] }, "CANCELLED 143"],
  ["our cancel before it started", { ...BY_USER, stoppedReason: "slipway: cancelled", containers: [flow()] }, "CANCELLED -"],
  ["our time limit", { ...BY_USER, stoppedReason: "slipway: timeout after 3600 s", containers: [flow({ exitCode: 137 })] }, "timeout 137"],
  ["a person", { ...BY_USER, stoppedReason: "Task stopped by user", containers: [flow({ exitCode: 137 })] }, "stopped 137"],
  [
    "a person who writes about cancelling",
    { ...BY_USER, stoppedReason: "cancelled, see slipway: cancelled", containers: [flow({ exitCode: 143 })] },
    "stopped 143",
  ],
  [
    "a reason like our cancel's that nobody's stop gave",
    { ...ESSENTIAL, stoppedReason: "slipway: cancelled", containers: [flow({ exitCode: 1 })] },
    "app_error 1",
  ],
  [
    "a person, while it pulled its image",
    { ...BY_USER, stoppedReason: "Task stopped by user", containers: [flow({ reason: "CannotPullContainerError: context canceled" })] },
    "stopped -",
  ],
];

function summary(outcome: RunOutcome): string {
  const exitCode = outcome.state === "FAILED" ? outcome.failure.exitCode : outcome.state === "LOST" ? undefined : outcome.exitCode;
  return `${outcome.state === "FAILED" ? outcome.failure.class : outcome.state} ${exitCode ?? "-"}`;
}

test.each(ends)("ended: %s", (_what, task, ended) => {
  const observation = observationOf(stopped(task), NOW);
  expect(observation).toMatchObject({ status: "ended", handle: { id: ARN }, startedAt: STARTED.getTime(), endedAt: STOPPED.getTime() });
  if (observation.status !== "ended") return;
  expect(summary(observation.outcome)).toBe(ended);
  if (observation.outcome.state === "FAILED") expect(observation.outcome.failure.reason).not.toBe("");
});

test("the reason tells what ECS says of the task, of the run's container, and of others that ended badly", () => {
  const observation = observationOf(
    stopped({
      ...ESSENTIAL,
      containers: [
        { name: "log", exitCode: 1 },
        { name: "init", exitCode: 0 },
        { name: "x", reason: OOM },
        flow({ exitCode: 143, reason: "killed" }),
      ],
    }),
    NOW,
  );
  expect(observation).toMatchObject({
    outcome: {
      failure: {
        reason: `exited with code 143 (Essential container in task exited; killed; container log exited with code 1; container x (${OOM}))`,
      },
    },
  });
});

test("a reason is cut to what a record keeps", () => {
  const observation = observationOf(stopped({ ...NOT_STARTED, stoppedReason: "x".repeat(5000) }), NOW);
  expect(JSON.stringify(observation).length).toBeLessThan(1000);
});

test.each([
  ["PROVISIONING", undefined, "starting"],
  ["PENDING", undefined, "starting"],
  ["ACTIVATING", undefined, "starting"],
  ["RUNNING", STARTED, "running"],
  ["DEACTIVATING", STARTED, "running"],
  ["STOPPING", STARTED, "running"],
  ["DEPROVISIONING", STARTED, "running"],
  ["DEACTIVATING", undefined, "starting"],
  ["STOPPING", undefined, "starting"],
  ["DEPROVISIONING", undefined, "starting"],
  ["STOPPED", STARTED, "ended"],
  ["DELETED", STARTED, "ended"],
  ["SOMETHING_NEW", undefined, "starting"],
] as const)("a task that is %s, started %s, is %s", (lastStatus, startedAt, status) => {
  expect(observationOf({ taskArn: ARN, lastStatus, ...(startedAt === undefined ? {} : { startedAt }) }, NOW).status).toBe(status);
});

test("a Spot warning shows a task that still runs", () => {
  const warning = {
    taskArn: ARN,
    lastStatus: "RUNNING",
    startedAt: STARTED,
    stopCode: "SpotInterruption",
    stoppedReason: "Your Spot Task was interrupted.",
  } as const;
  expect(observationOf(warning, NOW).status).toBe("running");
});

test("the version, and the end without a time of its own", () => {
  expect(observationOf({ taskArn: ARN, lastStatus: "RUNNING", version: 4 }, NOW)).toMatchObject({ version: 4 });
  expect(observationOf({ taskArn: ARN, lastStatus: "STOPPED" }, NOW)).toMatchObject({ endedAt: NOW });
  expect(observationOf({ taskArn: ARN, lastStatus: "STOPPED" }, NOW)).not.toHaveProperty("startedAt");
});

test("a handle has the page on which a person finds the task", () => {
  expect(handleOf(ARN)).toEqual({
    id: ARN,
    links: {
      console: "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/jobs/tasks/0123456789abcdef0123456789abcdef?region=eu-west-1",
    },
  });
  expect(handleOf("arn:aws:ecs:eu-west-1:1:task/old")).toEqual({ id: "arn:aws:ecs:eu-west-1:1:task/old" });
  expect([clusterOf(ARN), clusterOf("arn:aws:ecs:eu-west-1:1:task/old")]).toEqual(["jobs", undefined]);
});
