/** What must hold of a world of tasks at its end. */

import { requestDigest } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import type { ReadonlyTask } from "../doubles/ecs/task.ts";
import type { EcsWorld } from "./ecs-world.ts";
import { isEndless } from "./endless.ts";
import type { SentDocument } from "./judge.ts";

/** What is wrong with a world that is over: runs that are lost, were started twice, or ended as no task of theirs did. */
export function wrongWithTasks(world: EcsWorld, documents: readonly SentDocument[]): readonly string[] {
  const ids = new Set(documents.map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const item = world.item(id);
    const tasks = world.tasksOf(id);
    const wrong = item === undefined ? ["it is lost"] : wrongWithRun(item, tasks, documents);
    const story = () => JSON.stringify({ state: item?.state, attempt: item?.attempt, error: item?.error, tasks: tasks.map(shown) });
    return wrong.map((text) => `${id}: ${text} ${story()}`);
  });
}

function wrongWithRun(item: RunRecord, tasks: readonly ReadonlyTask[], documents: readonly SentDocument[]): string[] {
  const wrong: string[] = [];
  const ran = tasks.filter(({ startedAt }) => startedAt !== undefined);
  const starters = tasks.map(({ startedBy }) => startedBy);
  // Attempts that never came to run may have had others after them.
  if (ran.length > 1) wrong.push(`it ran ${ran.length} times`);
  if (new Set(starters).size < tasks.length) wrong.push("an attempt was started twice");
  if (tasks.some(({ status }) => status !== "STOPPED")) wrong.push(`a task still runs in ${item.state}`);
  const last = tasks.find(({ startedBy }) => startedBy?.endsWith(`/${item.attempt}`));
  if (ran.some((task) => task !== last)) wrong.push("an attempt ran that is not the record's");
  for (const task of tasks) {
    const content = documents.find(({ id, command }) => id === item.id && command.join() === commandOf(task));
    if (content === undefined || requestDigest(content) !== item.digest) wrong.push("another content was started than the record's");
  }
  const exitCode = last?.containers[0]?.exitCode;
  if (isEndless(item.state)) return [...wrong, `it is endless: ${item.state}`];
  switch (item.state) {
    case "SUCCEEDED":
      if (exitCode !== 0) wrong.push("it has not succeeded");
      break;
    case "FAILED":
      if (last === undefined || exitCode === 0) wrong.push("it has not failed");
      break;
    case "CANCELLED":
      if (item.cancelRequestedAt === undefined) wrong.push("nobody cancelled it");
      // What failed to start by itself was waiting to be launched again when the cancel came.
      if (last !== undefined && ran.length > 0 && last.stopCode !== "UserInitiated") wrong.push("it was not stopped");
      break;
    case "REJECTED":
    case "EXPIRED":
      // One that failed to start waits for its relaunch like any other.
      if (ran.length > 0) wrong.push(`it is ${item.state} although it ran`);
      break;
    case "LOST":
      wrong.push("it is LOST, although ECS was there all the time");
      break;
    default: {
      const unhandled: never = item.state;
      return unhandled;
    }
  }
  return wrong;
}

function commandOf({ overrides }: ReadonlyTask): string {
  return (overrides.containerOverrides?.[0]?.command ?? []).join();
}

function shown({ startedBy, status, startedAt, stopCode, stoppedReason, containers }: ReadonlyTask): object {
  return {
    startedBy: startedBy?.slice(-2),
    status,
    ran: startedAt !== undefined,
    stopCode,
    stoppedReason,
    exitCode: containers[0]?.exitCode,
  };
}
