/** What must hold of a world of containers at its end. */

import { requestDigest } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import type { DoubleContainer } from "../doubles/docker/state.ts";
import type { DockerWorld } from "./docker-world.ts";
import { isEndless } from "./endless.ts";
import type { SentDocument } from "./judge.ts";

/** What is wrong with a world that is over: runs that are lost, were started twice, or ended as no container of theirs did; and what is left. */
export function wrongWithContainers(world: DockerWorld, documents: readonly SentDocument[]): readonly string[] {
  const ids = new Set(documents.map(({ id }) => id));
  const wrong = [...ids].flatMap((id) => {
    const item = world.item(id);
    const containers = world.containersOf(id);
    const found = item === undefined ? ["it is lost"] : wrongWithRun(item, containers, documents);
    const story = () =>
      JSON.stringify({
        state: item?.state,
        attempt: item?.attempt,
        error: item?.error,
        containers: containers.map(shown),
        timeline: item?.timeline,
      });
    return found.map((text) => `${id}: ${text} ${story()}`);
  });
  const left = [...world.engine.state.containers.values()].map(shown);
  const marks = [...world.engine.state.volumes.keys()];
  return left.length + marks.length === 0 ? wrong : [...wrong, `left: ${JSON.stringify({ left, marks })}`];
}

function wrongWithRun(item: RunRecord, containers: readonly DoubleContainer[], documents: readonly SentDocument[]): string[] {
  const wrong: string[] = [];
  const ran = containers.filter(({ starts }) => starts > 0);
  const starts = ran.reduce((sum, container) => sum + container.starts, 0);
  if (starts > 1) wrong.push(`it ran ${starts} times`);
  if (ran.some(({ status }) => status === "running")) wrong.push(`a container still runs in ${item.state}`);
  const last = ran.find(({ body }) => body.Labels?.["slipway:attempt"] === String(item.attempt));
  if (ran.some((container) => container !== last)) wrong.push("an attempt ran that is not the record's");
  for (const { body } of ran) {
    const content = documents.find(({ id, command }) => id === item.id && command.join() === body.Cmd?.join());
    if (content === undefined || requestDigest(content) !== item.digest) wrong.push("another content was started than the record's");
  }
  if (isEndless(item.state)) return [...wrong, `it is endless: ${item.state}`];
  switch (item.state) {
    case "SUCCEEDED":
      if (last?.exitCode !== 0) wrong.push("it has not succeeded");
      break;
    case "FAILED":
      if (last === undefined || last.exitCode === 0) wrong.push("it has not failed");
      break;
    case "CANCELLED":
      if (item.cancelRequestedAt === undefined) wrong.push("nobody cancelled it");
      if (last?.exitCode === 0) wrong.push("it had succeeded");
      break;
    case "REJECTED":
    case "EXPIRED":
      if (ran.length > 0) wrong.push(`it is ${item.state} although it was started`);
      break;
    case "LOST":
      wrong.push("it is LOST, although the daemon was there all the time");
      break;
    default: {
      const unhandled: never = item.state;
      return unhandled;
    }
  }
  return wrong;
}

function shown({ name, status, starts, exitCode }: DoubleContainer): object {
  return { name: name.slice(-4), status, starts, exitCode };
}
