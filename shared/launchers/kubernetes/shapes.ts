/** Whether a document is what the API server reads as a Job: known fields, each with what it should hold. */
import type { Issue } from "../../core/errors.ts";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.ts";
import { nearestName } from "../../core/suggest.ts";
import { JOB_TYPES } from "./model.ts";
import { isQuantity } from "./quantity.ts";

const TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = JOB_TYPES;

/** The values that hold nothing further, by the name that the model has for them. */
const SINGLE: Readonly<Record<string, { readonly is: (value: Json) => boolean; readonly expected: string }>> = {
  string: { is: (value) => typeof value === "string", expected: "a string (put it in quotes)" },
  integer: { is: (value) => Number.isSafeInteger(value), expected: "a whole number" },
  int32: { is: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31, expected: "a whole number of 32 bits" },
  boolean: { is: (value) => typeof value === "boolean", expected: "true or false" },
  intOrString: { is: (value) => typeof value === "string" || Number.isSafeInteger(value), expected: "a whole number or a string" },
  quantity: { is: isQuantity, expected: "a quantity, as 500m, 2 or 1.5Gi" },
};

/** An issue for everything in a Job that the API server would not take as it is. */
export function jobIssues(job: JsonObject, path: string): readonly Issue[] {
  return [...ofObject(job, "Job", path)];
}

function* ofObject(value: Json, type: string, path: string): Generator<Issue> {
  if (!isObject(value)) {
    yield { path, message: "expected an object" };
    return;
  }
  const fields = TYPES[type] ?? {};
  for (const [name, required] of Object.entries(fields)) {
    if (required.endsWith("!") && value[name] === undefined) yield { path: `${path}.${name}`, message: "it is missing, and must be there" };
  }
  for (const [name, member] of Object.entries(value)) {
    const at = `${path}.${name.slice(0, 80)}`;
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known !== undefined) yield* ofField(member, known.replace("!", ""), at);
    else yield { path: at, message: `unknown field${suggestion(name, Object.keys(fields))}` };
  }
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
}

function* ofField(value: Json, type: string, path: string): Generator<Issue> {
  if (type.endsWith("[]")) {
    if (!isList(value)) yield { path, message: "expected a list" };
    else for (const [index, element] of value.entries()) yield* ofField(element, type.slice(0, -2), `${path}[${index}]`);
  } else if (type.endsWith("{}")) {
    if (!isObject(value)) yield { path, message: "expected an object" };
    else
      for (const [name, member] of Object.entries(value))
        yield* ofField(member, type.slice(0, -2), `${path}[${JSON.stringify(name.slice(0, 80))}]`);
  } else if (type.includes("|")) {
    const known = type.split("|");
    if (!known.some((text) => text === value)) yield { path, message: `expected ${known.filter((text) => text !== "").join(", ")}` };
  } else {
    const single = SINGLE[type];
    if (single === undefined) yield* ofObject(value, type, path);
    else if (!single.is(value)) yield { path, message: `expected ${single.expected}` };
  }
}
