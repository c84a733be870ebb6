/** Reading documents that were passed through: nothing of theirs may throw anything but a `Refusal`. */
import { Refusal } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { isList, isObject } from "../../core/json.ts";

/** The name of the container that is the run's own. */
export const FLOW = "flow";

/** A member that must be an object where it is there; absent: an empty one. Throws `Refusal`. */
export function objectAt(document: JsonObject, key: string, path: string): JsonObject {
  const value = document[key] ?? {};
  if (!isObject(value)) throw refusalAt(path, "expected an object");
  return value;
}

/** A member that must be a list of objects where it is there; absent: an empty one. Throws `Refusal`. */
export function objectsAt(document: JsonObject, key: string, path: string): readonly JsonObject[] {
  const value: Json = document[key] ?? [];
  if (!isList(value)) throw refusalAt(path, "expected a list of objects");
  return value.map((element, index) => {
    if (!isObject(element)) throw refusalAt(`${path}[${index}]`, "expected an object");
    return element;
  });
}

/** A member that must be a text where it is there. Throws `Refusal`. */
export function textAt(document: JsonObject, key: string, path: string): string | undefined {
  const value = document[key];
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw refusalAt(path, "expected a string");
  return value;
}

/** A size of a document or run config, as ECS writes it. Throws `Refusal` that says what it may look like. */
export function sizeAt(
  value: Json | undefined,
  read: (value: string | number) => string | { readonly problem: string },
  path: string,
): string | undefined {
  if (value === undefined) return undefined;
  const size = typeof value === "string" || typeof value === "number" ? read(value) : { problem: "expected a number or a string" };
  if (typeof size === "string") return size;
  throw refusalAt(path, size.problem);
}

/** One entry of an `environment` list; null, or no value, takes one set lower down away. */
export interface Variable {
  readonly name: string;
  readonly value: string | number | boolean | null;
}

/** The entries of a container's `environment`. Throws `Refusal`. */
export function variablesAt(container: JsonObject, path: string): readonly Variable[] {
  return objectsAt(container, "environment", `${path}.environment`).map(({ name, value = null }, index) => {
    if (typeof name !== "string") throw refusalAt(`${path}.environment[${index}].name`, "expected a string: the variable's name");
    if (typeof value === "object" && value !== null) {
      throw refusalAt(`${path}.environment[${index}].value`, "expected a string, a number, true or false");
    }
    return { name, value };
  });
}

/** The refusal of a document: the operator's where the path leads into a target, else the sender's. */
export function refusalAt(path: string, message: string): Refusal {
  return new Refusal(path.startsWith("targets.") ? "INVALID_CONFIGURATION" : "INVALID_REQUEST", { path, message });
}
