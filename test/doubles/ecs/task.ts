import type { NetworkConfiguration, Tag, TaskOverride } from "@aws-sdk/client-ecs";
import type { Definition } from "./definitions.ts";

export type TaskStatus = "PROVISIONING" | "PENDING" | "RUNNING" | "STOPPING" | "STOPPED";

/** One container of a task. */
export interface TaskContainer {
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly arn: string;
  status: "PENDING" | "RUNNING" | "STOPPED";
  exitCode?: number;
  reason?: string;
}

/** A task as the double keeps it. Times are epoch milliseconds. */
export interface EcsTask {
  readonly arn: string;
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  readonly clusterArn: string;
  readonly definition: Definition;
  readonly startedBy?: string;
  readonly clientToken?: string;
  readonly group: string;
  /** Of the request; absent where a capacity provider was named. */
  readonly launchType?: string;
  readonly capacityProvider?: string;
  readonly platformVersion?: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly overrides: TaskOverride;
  readonly cpu?: number;
  readonly memory?: number;
  readonly enableExecuteCommand: boolean;
  readonly tags: Map<string, string>;
  readonly createdAt: number;
  readonly containers: readonly TaskContainer[];
  status: TaskStatus;
  desiredStatus: "RUNNING" | "STOPPED";
  version: number;
  startedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
  stopCode?: string;
  stoppedReason?: string;
}

/** A task that only the double itself may change. */
export type ReadonlyTask = Readonly<Omit<EcsTask, "containers" | "tags">> & {
  readonly containers: readonly Readonly<TaskContainer>[];
  readonly tags: ReadonlyMap<string, string>;
};

/** The provider that a task is placed by, and that capacity is asked of. */
export function providerOf(task: Pick<EcsTask, "launchType" | "capacityProvider">): string {
  return task.capacityProvider ?? task.launchType ?? "EC2";
}

export function isFargate(provider: string): boolean {
  return provider === "FARGATE" || provider === "FARGATE_SPOT";
}

/** The launch type as answers show it: Fargate's for its providers. */
export function shownLaunchType(task: Pick<EcsTask, "launchType" | "capacityProvider">): string {
  return task.launchType ?? (isFargate(providerOf(task)) ? "FARGATE" : "EC2");
}

export function tagList(tags: ReadonlyMap<string, string>): Tag[] {
  return [...tags].map(([key, value]) => ({ key, value }));
}

/** Members that are there. */
export function present<Members extends object>(members: Members): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as ReturnType<typeof present<Members>>;
}
