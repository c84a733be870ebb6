/** What ECS tells of a task on its way and at its end, and what each means for the run: documented by AWS, recorded by users, or assumed. */
import { type Detail, ENDED, flow, NOT_STARTED, sidecar } from "./task-events.ts";

type Mark = "documented" | "recorded" | "assumed";

/** A row's record: its state, or the failure's class, with the exit code; what the reason and the hint say, where they are to say something. */
type Row = readonly [what: string, mark: Mark, detail: Detail, end: string, reason?: RegExp, hint?: RegExp];

const OOM = "OutOfMemoryError: Container killed due to memory usage";
export const BY_USER: Detail = { ...ENDED, stopCode: "UserInitiated" };
export const spot = { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted." } as const;

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

export const ROWS: readonly Row[] = [
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
