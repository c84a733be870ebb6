import { Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import { composeTags, OWN_TAGS } from "../../core/tags.ts";
import type { Target } from "../../core/target.ts";
import { objectsAt } from "./documents.ts";

/** ECS's limits on the tags of a task. */
const MOST = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
const OUTSIDE = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu;

/** The tags of a task: `run_task_kwargs`', the target's over them, and ours. Throws `Refusal` where ECS would not take them. */
export function runTags(run: PlannedRun, target: Target, kwargs: JsonObject, image: string | undefined): readonly JsonObject[] {
  const given = objectsAt(kwargs, "tags", "run_task_kwargs.tags").map(({ key, value }): [string, string] => [String(key), String(value ?? "")]);
  const own = new Set<string>(Object.values(OWN_TAGS));
  // What names come to us is the sender's business, so ours are made to fit; what an operator or sender sets is told.
  const composed = Object.entries(composeTags(run, target, image)).map(([key, value]): [string, string] =>
    own.has(key) ? [key, value.replaceAll(OUTSIDE, "_").slice(0, LONGEST_VALUE)] : [key, value],
  );
  const tags = new Map([...given, ...composed]);
  const problem = problemOf([...tags]);
  if (problem !== undefined) throw new Refusal("INVALID_REQUEST", { path: "run_task_kwargs.tags", message: problem });
  return [...tags].map(([key, value]) => ({ key, value }));
}

function problemOf(tags: readonly (readonly [string, string])[]): string | undefined {
  if (tags.length > MOST) return `${tags.length} tags, and a task takes ${MOST}`;
  const reserved = tags.find(([key]) => /^aws:/i.test(key));
  if (reserved !== undefined) return `the tag "${reserved[0]}" begins with aws:, which is reserved`;
  const long = tags.find(([key, value]) => key.length < 1 || key.length > LONGEST_KEY || value.length > LONGEST_VALUE);
  return long && `the tag "${long[0].slice(0, 40)}" is longer than ECS takes (a key of 1 to ${LONGEST_KEY}, a value of up to ${LONGEST_VALUE} characters)`;
}
