/** What must hold of every history of the run table, whatever failed. */
import { runKey } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal, TRANSITIONS } from "../../shared/core/run-state.ts";
import type { MemoryRunStore } from "./memory-store.ts";
import type { ServiceDouble } from "./service-double.ts";

/** What is wrong with one change of an item. */
export function wrongWithChange(before: RunRecord | undefined, after: RunRecord): readonly string[] {
  const wrong: string[] = [];
  const from = before?.state;
  const to = after.state;
  if (from !== undefined && (to === undefined || (to !== from && !TRANSITIONS[from].includes(to)))) wrong.push(`${from} became ${to}`);
  if (before?.digest !== undefined && after.digest !== before.digest) wrong.push("the content changed");
  const grown = after.attempt - (before?.attempt ?? 0);
  if (grown !== 0 && (grown !== 1 || to !== "LAUNCHING")) wrong.push(`attempt ${before?.attempt ?? 0} became ${after.attempt} in ${to}`);
  const moved = grown === 0 && before?.target !== undefined && (after.target !== before.target || after.place !== before.place);
  if (moved) wrong.push(`attempt ${after.attempt} moved to another target or place`);
  if (to === undefined) return wrong;
  if (isTerminal(to)) {
    for (const name of ["nextCheckAt", "owner", "leaseUntil", "dueAt", "giveUpAt", "unsettled"] as const) {
      // What is still to be told of keeps a run that has ended before the sweep.
      if (name === "nextCheckAt" && after.unpublished !== undefined) continue;
      if (after[name] !== undefined) wrong.push(`${to} keeps ${name}`);
    }
    if (after.expiresAt === undefined) wrong.push(`${to} is kept for ever`);
  } else {
    if (after.nextCheckAt === undefined) wrong.push(`${to} is never looked at again`);
    if (after.expiresAt !== undefined) wrong.push(`${to} is forgotten while it is active`);
  }
  if (after.owner !== undefined && to !== "LAUNCHING") wrong.push(`${to} has an owner`);
  if (to === "WAITING" && after.unsettled) wrong.push("WAITING while an attempt may exist");
  return wrong;
}

/** Notes what is wrong with each change. */
export function changeJudge(violations: string[]): (before: RunRecord | undefined, after: RunRecord) => void {
  return (before, after) => violations.push(...wrongWithChange(before, after).map((wrong) => `${after.id}: ${wrong}`));
}

/** What is wrong with the end of a history. */
export function endViolations(ids: readonly string[], store: MemoryRunStore, service: ServiceDouble): readonly string[] {
  return ids.flatMap((id) => {
    const key = runKey(id);
    const item = store.items.get(key);
    const starts = service.startsOf(key);
    const story = () => JSON.stringify({ state: item?.state, attempt: item?.attempt, starts, timeline: item?.timeline });
    const wrong: string[] = [];
    if (starts > 1) wrong.push(`was started ${starts} times`);
    if (item === undefined) return [...wrong, "is lost"].map((text) => `${id}: ${text}`);
    if (item.state === "SUCCEEDED" && starts !== 1) wrong.push(`succeeded with ${starts} starts`);
    if (item.state === "LOST" && item.handle !== undefined) wrong.push("is LOST although its service knows it");
    const refused = item.state === "REJECTED" || item.state === "EXPIRED" || (item.state === "CANCELLED" && item.handle === undefined);
    if (refused && starts > 0) wrong.push(`is ${item.state} although it was started`);
    return wrong.map((text) => `${id}: ${text} ${story()}`);
  });
}
