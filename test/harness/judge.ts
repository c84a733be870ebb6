/** What must hold of a world, on the way and at its end. */

import { isDeepStrictEqual } from "node:util";
import { requestDigest } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal } from "../../shared/core/run-state.ts";
import { wrongWithChange } from "../support/judge.ts";
import { isEndless } from "./endless.ts";
import type { Started } from "./processes-double.ts";
import type { World } from "./world.ts";

/** Notes what is wrong with each change of an item. */
export function changeJudge(violations: string[]): (before: RunRecord | undefined, after: RunRecord) => void {
  return (before, after) => {
    const wrong = [...wrongWithChange(before, after)];
    if (
      before?.state !== undefined &&
      isTerminal(before.state) &&
      before.state !== "LOST" &&
      !isTellingOnly(before, after) &&
      !isStrayNoted(before, after)
    )
      wrong.push(`it was changed after its end in ${before.state}`);
    violations.push(...wrong.map((text) => `${after.id}: ${text}`));
  };
}

/** The end was told, or a sweep has taken that up: of the run itself nothing changed. */
function isTellingOnly(before: RunRecord, after: RunRecord): boolean {
  const itself = ({ unpublished: _, nextCheckAt: __, wakes: ___, ...rest }: RunRecord) => JSON.stringify(rest);
  return before.unpublished !== undefined && itself(before) === itself(after);
}

/** A call that landed after the end left something that was stopped: one line at the end of the history says so, and nothing else changed. */
function isStrayNoted(before: RunRecord, after: RunRecord): boolean {
  const line = after.timeline?.at(-1);
  if (line?.event !== "stray stopped") return false;
  return isDeepStrictEqual({ ...before, timeline: [...(before.timeline ?? []), line] }, after);
}

/** Whether all that was asked for has come to its end. */
export function isOver(world: World, ids: readonly string[]): boolean {
  return world.queue.messages.size === 0 && ids.every((id) => hasEnded(world.item(id)));
}

function hasEnded(item: RunRecord | undefined): boolean {
  return item?.state !== undefined && isTerminal(item.state) && item.unpublished === undefined;
}

/** A document that was sent, and that a command with these arguments was started for. */
export type SentDocument = JsonObject & { readonly id: string; readonly command: readonly string[] };

/** What is wrong with a world that is over: runs that are lost, were started twice, or ended as nothing of theirs did. */
export function wrongAtEnd(world: World, documents: readonly SentDocument[]): readonly string[] {
  const ids = new Set(documents.map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const item = world.item(id);
    const starts = world.processes.started.filter((started) => started.id === id);
    const wrong = item === undefined ? ["it is lost"] : wrongWithRun(item, starts, documents);
    const contents = new Set(documents.filter((document) => document.id === id).map(requestDigest));
    if (contents.size > 1 && !isQuarantined(world, id)) wrong.push("another content under its id was not kept in quarantine");
    if (starts.length > 1) wrong.push(`it was started ${starts.length} times`);
    const story = () => JSON.stringify({ state: item?.state, attempt: item?.attempt, starts, timeline: item?.timeline });
    return wrong.map((text) => `${id}: ${text} ${story()}`);
  });
}

function isQuarantined(world: World, id: string): boolean {
  const reused = { run_id: { S: id }, code: { S: "ID_REUSED" } };
  return [...world.table.items.values()].some(
    (item) => JSON.stringify({ run_id: item["run_id"], code: item["code"] }) === JSON.stringify(reused),
  );
}

function wrongWithRun(item: RunRecord, starts: readonly Started[], documents: readonly SentDocument[]): string[] {
  const wrong: string[] = [];
  const [start] = starts;
  const end = start?.end;
  if (start !== undefined) {
    const content = documents.find(({ id, command }) => id === item.id && command.slice(1).join() === start.args.join());
    if (content === undefined || requestDigest(content) !== item.digest) wrong.push("another content was started than the record's");
    if (start.attempt !== item.attempt) wrong.push(`attempt ${start.attempt} was started, and the record is at ${item.attempt}`);
    if (end === undefined && !start.wrapperKilled) wrong.push(`it still runs in ${item.state}`);
  }
  if (isEndless(item.state)) return [...wrong, `it is endless: ${item.state}`];
  switch (item.state) {
    case "SUCCEEDED":
      if (end?.exitCode !== 0) wrong.push("it has not succeeded");
      break;
    case "FAILED":
      if (end === undefined || end.exitCode === 0 || end.cause === "stop") wrong.push("it has not failed");
      break;
    case "CANCELLED":
      if (item.cancelRequestedAt === undefined) wrong.push("nobody cancelled it");
      if (start !== undefined && end?.cause !== "stop") wrong.push("it was not stopped");
      break;
    case "LOST":
      if (end !== undefined) wrong.push("it is LOST although its end was written down");
      break;
    case "REJECTED":
    case "EXPIRED":
      if (start !== undefined) wrong.push(`it is ${item.state} although it was started`);
      break;
    default: {
      const unhandled: never = item.state;
      return unhandled;
    }
  }
  return wrong;
}
