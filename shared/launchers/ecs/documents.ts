import { Refusal } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { isList, isObject } from "../../core/merge.ts";

/** The name of the container that is the run's own. */
export const FLOW = "flow";

/** A member that must be an object where it is there; absent: an empty one. Throws `Refusal`. */
export function objectAt(document: JsonObject, key: string, path: string): JsonObject {
  const value = document[key] ?? {};
  if (!isObject(value)) throw wrong(path, "an object");
  return value;
}

/** A member that must be a list of objects where it is there; absent: an empty one. Throws `Refusal`. */
export function objectsAt(document: JsonObject, key: string, path: string): readonly JsonObject[] {
  const value: Json = document[key] ?? [];
  if (!isList(value)) throw wrong(path, "a list of objects");
  return value.map((element, index) => {
    if (!isObject(element)) throw wrong(`${path}[${index}]`, "an object");
    return element;
  });
}

/** A member that must be a text where it is there. Throws `Refusal`. */
export function textAt(document: JsonObject, key: string, path: string): string | undefined {
  const value = document[key];
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw wrong(path, "a string");
  return value;
}

/** A size of a document or run config, as ECS writes it. Throws `Refusal` that says what it may look like. */
export function sizeAt(value: Json | undefined, read: (value: string | number) => string | { readonly problem: string }, path: string): string | undefined {
  if (value === undefined) return undefined;
  const size = typeof value === "string" || typeof value === "number" ? read(value) : { problem: "expected a number or a string" };
  if (typeof size === "string") return size;
  throw new Refusal("INVALID_REQUEST", { path, message: size.problem });
}

function wrong(path: string, expected: string): Refusal {
  return new Refusal("INVALID_REQUEST", { path, message: `expected ${expected}` });
}
