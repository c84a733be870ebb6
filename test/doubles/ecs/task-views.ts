/** A task as the service shows it: in answers, and in state change events. */
import { type EcsTask, isFargate, present, providerOf, shownLaunchType, tagList } from "./task.ts";

/** A state change event, as EventBridge delivers it. */
export interface TaskEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": "ECS Task State Change";
  readonly source: "aws.ecs";
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: TaskDetail;
}

export type TaskDetail = ReturnType<typeof detailOf>;

/** Answers give times as seconds. */
export function answerOf(task: EcsTask, withTags: boolean): object {
  return { ...common(task, (time) => time / 1000), tags: withTags ? tagList(task.tags) : [] };
}

export function eventOf(task: EcsTask, at: number, number: number): TaskEvent {
  return {
    version: "0",
    id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    "detail-type": "ECS Task State Change",
    source: "aws.ecs",
    account: task.account,
    time: new Date(at).toISOString().replace(/\.\d+Z$/, "Z"),
    region: task.region,
    resources: [task.arn],
    detail: detailOf(task, at),
  };
}

/** Events give times as text. They carry no tags, and the overrides in clear. */
function detailOf(task: EcsTask, at: number) {
  const shown = common(task, (time) => new Date(time).toISOString());
  return { ...shown, updatedAt: new Date(at).toISOString() };
}

function common<Time>(task: EcsTask, time: (milliseconds: number) => Time) {
  const at = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : time(milliseconds));
  const { definition, overrides } = task;
  return {
    attachments: [] as const,
    attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
    availabilityZone: `${task.region}a`,
    clusterArn: task.clusterArn,
    containers: task.containers.map((container) => ({
      containerArn: container.arn,
      taskArn: task.arn,
      name: container.name,
      image: container.image,
      lastStatus: container.status,
      networkInterfaces: [] as const,
      ...present({ exitCode: container.exitCode, reason: container.reason }),
    })),
    createdAt: time(task.createdAt),
    desiredStatus: task.desiredStatus as string,
    enableExecuteCommand: task.enableExecuteCommand,
    group: task.group,
    lastStatus: task.status as string,
    launchType: shownLaunchType(task),
    overrides: { inferenceAcceleratorOverrides: [], ...overrides, containerOverrides: overrides.containerOverrides ?? [] },
    taskArn: task.arn,
    taskDefinitionArn: definition.arn,
    version: task.version,
    ...present({
      capacityProviderName: task.capacityProvider,
      cpu: task.cpu === undefined ? undefined : String(task.cpu),
      memory: task.memory === undefined ? undefined : String(task.memory),
      startedBy: task.startedBy,
      startedAt: at(task.startedAt),
      stoppingAt: at(task.stoppingAt),
      executionStoppedAt: task.startedAt === undefined ? undefined : at(task.stoppedAt),
      stoppedAt: at(task.stoppedAt),
      stopCode: task.stopCode,
      stoppedReason: task.stoppedReason,
      platformVersion: isFargate(providerOf(task)) ? platformOf(task) : undefined,
      platformFamily: isFargate(providerOf(task)) ? "Linux" : undefined,
    }),
  };
}

/** LATEST becomes a number once the task is placed. */
function platformOf({ platformVersion }: EcsTask): string {
  return platformVersion === undefined || platformVersion === "LATEST" ? "1.4.0" : platformVersion;
}
