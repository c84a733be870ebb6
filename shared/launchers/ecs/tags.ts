import type { Json, JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import { composeTags, OWN_TAGS } from "../../core/tags.ts";
import type { Target } from "../../core/target.ts";
import { objectsAt, refusalAt } from "./documents.ts";

/** ECS's limits on the tags of a task. */
const MOST = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
const OUTSIDE = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/u;
const ALL_OUTSIDE = new RegExp(OUTSIDE, "gu");

/** The tags of a task: `run_task_kwargs`', the target's over them, and ours. Throws `Refusal` where ECS would not take them. */
export function runTags(run: PlannedRun, target: Target, kwargs: JsonObject, image: string | undefined): readonly JsonObject[] {
  const path = "run_task_kwargs.tags";
  const given = objectsAt(kwargs, "tags", path).map(({ key, value = "" }, index): [string, string] => {
    if (typeof key !== "string") throw refusalAt(`${path}[${index}].key`, "expected a string");
    return [key, textOf(value)];
  });
  const ours = new Set<string>(Object.values(OWN_TAGS));
  const composed = Object.entries(composeTags(run, target, image));
  // What names come to us is the sender's business, so ours are made to fit; what an operator or sender sets is told.
  const own = composed.filter(([key]) => ours.has(key)).map(([key, value]): [string, string] => [key, fitting(value)]);
  refuseUnfit(given, path);
  refuseUnfit(
    composed.filter(([key]) => !ours.has(key)),
    `targets.${target.name}.tags`,
  );
  const tags = new Map([...given, ...composed, ...own]);
  if (tags.size > MOST) throw refusalAt(path, `${tags.size} tags with the target's and ours, and a task takes ${MOST}`);
  return [...tags].map(([key, value]) => ({ key, value }));
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function fitting(value: string): string {
  return value.replaceAll(ALL_OUTSIDE, "_").slice(0, LONGEST_VALUE).toWellFormed();
}

function refuseUnfit(tags: readonly (readonly [string, string])[], path: string): void {
  for (const [key, value] of tags) {
    const problem = problemOf(key, value);
    if (problem !== undefined) throw refusalAt(path, `the tag "${key.slice(0, 40)}" ${problem}`);
  }
}

function problemOf(key: string, value: string): string | undefined {
  if (/^aws:/i.test(key)) return "begins with aws:, which is reserved";
  if (key.length < 1 || key.length > LONGEST_KEY) return `has a key of ${key.length} characters, and ECS takes 1 to ${LONGEST_KEY}`;
  if (value.length > LONGEST_VALUE) return `has a value of ${value.length} characters, and ECS takes ${LONGEST_VALUE}`;
  return OUTSIDE.test(key) || OUTSIDE.test(value) ? "has characters other than letters, digits, spaces and _ . : / = + - @" : undefined;
}
