/** The deployment's own among a cluster's tasks: a call for a page of a hundred, and one to see who started them. */
import { type ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import type { Owned } from "../../core/launcher.ts";
import { attemptOf } from "./naming.ts";
import { describeTasks } from "./tasks.ts";

const PAGE = 100;

/** Tasks that run or are to; ECS itself forgets those that have ended. Throws what the SDK throws. */
export async function* ownedTasks(
  client: ECSClient,
  cluster: string | undefined,
  deployment: string,
  abortSignal: AbortSignal,
): AsyncIterable<Owned> {
  let nextToken: string | undefined;
  do {
    const input = { maxResults: PAGE, ...(cluster === undefined ? {} : { cluster }), ...(nextToken === undefined ? {} : { nextToken }) };
    const page = await client.send(new ListTasksCommand(input), { abortSignal });
    for (const { startedBy, taskArn: handle, lastStatus } of await describeTasks(client, page.taskArns ?? [], abortSignal)) {
      const of = attemptOf(startedBy);
      if (of?.deployment !== deployment || handle === undefined) continue;
      yield { key: of.key, attempt: of.attempt, handle, status: lastStatus === "STOPPED" ? "ended" : "active" };
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
