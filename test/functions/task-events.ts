/**
 * ECS task state change events: a whole one, and what is special about others. Each says where its shape is from: AWS's own pages
 * (documented), events and answers that people show (recorded), or neither (assumed).
 */
import { runKey } from "../../shared/core/identity.ts";

export const KEY = runKey("r");
export const ARN = "arn:aws:ecs:eu-west-1:111122223333:task/jobs/0b2c9a348d1f4f25b7de222222222222";
export const STARTED_AT = Date.parse("2026-01-05T12:00:40.123Z");
export const STOPPED_AT = Date.parse("2026-01-05T12:20:00.456Z");

/** A field that is null is taken out. */
export type Detail = Readonly<Record<string, unknown>>;

/** An event as EventBridge delivers it (documented: ECS Developer Guide, task state change events), of a task that runs on Fargate. */
export function taskEvent(over: Detail, event: Detail = {}) {
  const detail = { ...RUNNING, ...over };
  return {
    version: "0",
    id: "3317b2af-7005-947d-b652-f55e762e571a",
    "detail-type": "ECS Task State Change",
    source: "aws.ecs",
    account: "111122223333",
    time: "2026-01-05T12:20:01Z",
    region: "eu-west-1",
    resources: [ARN],
    ...event,
    detail: Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== null)),
  };
}

const CONTAINER = {
  containerArn: "arn:aws:ecs:eu-west-1:111122223333:container/jobs/0b2c9a348d1f4f25b7de222222222222/2cd3aabb",
  taskArn: ARN,
  image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:3",
  imageDigest: "sha256:1c3b",
  runtimeId: "0b2c9a348d1f4f25b7de222222222222-527074092",
  networkInterfaces: [{ attachmentId: "b5-1", privateIpv4Address: "10.0.0.17" }],
  cpu: "0",
};

/** The run's own container in another state. */
export function flow(over: Detail = {}): Detail {
  return { ...CONTAINER, name: "flow", lastStatus: "STOPPED", ...over };
}

export function sidecar(over: Detail = {}): Detail {
  return { ...CONTAINER, name: "log_router", lastStatus: "STOPPED", ...over };
}

const RUNNING: Detail = {
  attachments: [{ id: "b5-1", type: "eni", status: "ATTACHED", details: [{ name: "subnetId", value: "subnet-1" }] }],
  attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
  availabilityZone: "eu-west-1b",
  clusterArn: "arn:aws:ecs:eu-west-1:111122223333:cluster/jobs",
  connectivity: "CONNECTED",
  connectivityAt: "2026-01-05T12:00:20.01Z",
  containers: [flow({ lastStatus: "RUNNING" })],
  cpu: "256",
  createdAt: "2026-01-05T12:00:10.5Z",
  desiredStatus: "RUNNING",
  enableExecuteCommand: false,
  ephemeralStorage: { sizeInGiB: 20 },
  group: "family:etl-0a1b2c3d4e5f",
  launchType: "FARGATE",
  lastStatus: "RUNNING",
  memory: "512",
  overrides: { containerOverrides: [{ name: "flow", environment: [{ name: "SECRET", value: "in clear" }] }] },
  platformVersion: "1.4.0",
  pullStartedAt: "2026-01-05T12:00:21Z",
  pullStoppedAt: "2026-01-05T12:00:38Z",
  startedAt: new Date(STARTED_AT).toISOString(),
  startedBy: `slipway/test/${KEY}/1`,
  taskArn: ARN,
  taskDefinitionArn: "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl-0a1b2c3d4e5f:1",
  updatedAt: "2026-01-05T12:00:40.2Z",
  version: 3,
};

/** A task that ended after it ran. */
export const ENDED: Detail = {
  lastStatus: "STOPPED",
  desiredStatus: "STOPPED",
  connectivity: "DISCONNECTED",
  executionStoppedAt: new Date(STOPPED_AT - 20_000).toISOString(),
  stoppingAt: new Date(STOPPED_AT - 10_000).toISOString(),
  stoppedAt: new Date(STOPPED_AT).toISOString(),
  stopCode: "EssentialContainerExited",
  stoppedReason: "Essential container in task exited",
  version: 6,
};

/** A task whose containers never ran. */
export const NOT_STARTED: Detail = {
  ...ENDED,
  startedAt: null,
  executionStoppedAt: null,
  stopCode: "TaskFailedToStart",
  stoppedReason: "Task failed to start",
  containers: [flow()],
};
