/** Reading documents that were passed through: nothing of theirs may throw anything but a `Refusal`. */
import { type Issue, Refusal } from "../../core/errors.ts";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.ts";

/** A member that is an object; anything else counts as an empty one: `shapes.ts` has refused it before. */
export function objectIn(document: JsonObject | undefined, key: string): JsonObject {
  const value = document?.[key];
  return isObject(value) ? value : {};
}

/** A member that is a list of objects; what is not an object is left out: `shapes.ts` has refused it before. */
export function objectsIn(document: JsonObject | undefined, key: string): readonly JsonObject[] {
  const value: Json = document?.[key] ?? [];
  return isList(value) ? value.filter(isObject) : [];
}

/** A member that is a text. */
export function textIn(document: JsonObject | undefined, key: string): string | undefined {
  const value = document?.[key];
  return typeof value === "string" ? value : undefined;
}

/** A refusal: of the operator's document where the path leads into a target, of a template, else of the request. */
export function refusalAt(path: string, message: string): Refusal {
  return refusalOf([{ path, message }]);
}

/** The same for all that was found. */
export function refusalOf([first, ...rest]: readonly [Issue, ...Issue[]]): Refusal {
  const code = first.path.startsWith("targets.")
    ? "INVALID_CONFIGURATION"
    : first.path.startsWith("run_config.job_template")
      ? "INVALID_TEMPLATE"
      : "INVALID_REQUEST";
  return new Refusal(code, [first, ...rest]);
}
