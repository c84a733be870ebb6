/** The tasks of one account and region, as its reads find them. */
import { HOUR } from "./options.ts";
import type { EcsTask } from "./task.ts";

export interface Tasks {
  add(task: EcsTask): void;
  /** Told after every change of a task's state. */
  changed(task: EcsTask): void;
  /** By id or ARN, gone ones too. */
  find(reference: string): EcsTask | undefined;
  ofCluster(clusterArn: string): readonly EcsTask[];
  /** How many of the cluster's tasks are in PROVISIONING. */
  provisioning(clusterArn: string): number;
  /** Every task that was ever started so, gone ones too. */
  startedBy(startedBy: string): readonly EcsTask[];
  all(): readonly EcsTask[];
  clear(): void;
}

export function taskStore(): Tasks {
  const byId = new Map<string, EcsTask>();
  const byStarter = new Map<string, EcsTask[]>();
  const byCluster = new Map<string, EcsTask[]>();
  /** By cluster: counting all tasks at every launch would be slow. */
  const starting = new Map<string, Set<EcsTask>>();
  return {
    add(task) {
      byId.set(task.id, task);
      push(byCluster, task.clusterArn, task);
      if (task.startedBy !== undefined) push(byStarter, task.startedBy, task);
    },
    find(reference) {
      const found = byId.get(reference.slice(reference.lastIndexOf("/") + 1));
      return reference.startsWith("arn:") && found?.arn !== reference ? undefined : found;
    },
    ofCluster: (clusterArn) => byCluster.get(clusterArn) ?? [],
    changed(task) {
      const ofCluster = starting.get(task.clusterArn) ?? new Set();
      starting.set(task.clusterArn, ofCluster);
      if (task.status === "PROVISIONING") ofCluster.add(task);
      else ofCluster.delete(task);
    },
    provisioning: (clusterArn) => starting.get(clusterArn)?.size ?? 0,
    startedBy: (startedBy) => byStarter.get(startedBy) ?? [],
    all: () => [...byId.values()],
    clear() {
      starting.clear();
      byId.clear();
      byStarter.clear();
      byCluster.clear();
    },
  };
}

/** Whether a read finds the task: not for a while after its start, and not an hour after its end. */
export function isVisible({ createdAt, stoppedAt = Infinity }: EcsTask, readLagMs: number, now: number): boolean {
  return now >= createdAt + readLagMs && now < stoppedAt + HOUR;
}

function push(lists: Map<string, EcsTask[]>, key: string, task: EcsTask): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [task]);
  else list.push(task);
}
