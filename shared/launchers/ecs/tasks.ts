/** Looking at tasks: a call for each hundred of a cluster. */
import { DescribeTasksCommand, type ECSClient, type Task } from "@aws-sdk/client-ecs";
import type { Launched, Observation } from "../../core/launcher.ts";
import { failureOf, sdkError } from "./answers.ts";
import { clusterOf, observationOf } from "./observation.ts";

const MOST_TASKS = 100;

/** The tasks that ECS knows of these, all of one cluster. Throws what the SDK throws. */
export async function describeTasks(client: ECSClient, arns: readonly string[], signal?: AbortSignal): Promise<readonly Task[]> {
  if (arns.length === 0) return [];
  const cluster = clusterOf(arns[0] ?? "");
  const input = { tasks: [...arns], ...(cluster === undefined ? {} : { cluster }) };
  const { tasks = [] } = await client.send(new DescribeTasksCommand(input), signal === undefined ? {} : { abortSignal: signal });
  return tasks;
}

/** What was seen of each. A call that fails says nothing about its tasks. */
export async function inspectTasks(
  client: ECSClient,
  launched: readonly Launched[],
  now: number,
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  const observations = new Map<string, Observation>();
  for (const [, ofCluster] of Map.groupBy(launched, ({ handle }) => clusterOf(handle))) {
    for (let from = 0; from < ofCluster.length; from += MOST_TASKS) {
      const batch = ofCluster.slice(from, from + MOST_TASKS).map(({ handle }) => handle);
      try {
        for (const task of await describeTasks(client, batch, signal)) observations.set(task.taskArn ?? "", observationOf(task, now));
        for (const handle of batch) if (!observations.has(handle)) observations.set(handle, { status: "absent" });
      } catch (thrown) {
        const failure = failureOf(sdkError(thrown));
        for (const handle of batch) observations.set(handle, { status: "unknown", failure });
      }
    }
  }
  return launched.map(({ handle }) => observations.get(handle) ?? { status: "absent" });
}
