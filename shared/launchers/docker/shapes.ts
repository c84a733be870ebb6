/** Whether a document has the shape of the Engine's own model. */
import type { Issue } from "../../core/errors.ts";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.ts";
import { didYouMean } from "../../core/suggest.ts";

/** What a field of the Engine holds. */
export type Shape =
  | "text"
  | "integer"
  | "boolean"
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly oneOf: readonly string[] }
  | { readonly from: number; readonly to: number };

/** An issue for everything in a value that the Engine would not take, or would take for something else. Null is an absent field. */
export function unlike(value: Json, shape: Shape, path: string): readonly Issue[] {
  const expected = (what: string): readonly Issue[] => [{ path, message: `expected ${what}` }];
  if (shape === "text") return typeof value === "string" ? [] : expected("a string");
  if (shape === "boolean") return typeof value === "boolean" ? [] : expected("true or false");
  if (shape === "integer") return Number.isSafeInteger(value) ? [] : expected("a whole number");
  if ("from" in shape) {
    const fits = typeof value === "number" && Number.isSafeInteger(value) && value >= shape.from && value <= shape.to;
    return fits ? [] : expected(`a whole number from ${shape.from} to ${shape.to}`);
  }
  if ("oneOf" in shape) {
    return typeof value === "string" && shape.oneOf.includes(value)
      ? []
      : expected(`one of ${shape.oneOf.map((each) => JSON.stringify(each)).join(", ")}`);
  }
  if ("list" in shape) {
    if (!isList(value)) return expected("a list");
    return value.flatMap((each, index) => unlike(each, shape.list, `${path}[${index}]`));
  }
  if (!isObject(value)) return expected("an object");
  return "map" in shape ? unlikeMembers(value, () => shape.map, path) : unlikeFields(value, shape.fields, path);
}

function unlikeFields(object: JsonObject, fields: Readonly<Record<string, Shape>>, path: string): readonly Issue[] {
  return unlikeMembers(object, (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined), path, Object.keys(fields));
}

function unlikeMembers(
  object: JsonObject,
  shapeOf: (name: string) => Shape | undefined,
  path: string,
  known: readonly string[] = [],
): readonly Issue[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const at = `${path}.${name.slice(0, 80)}`;
    const shape = shapeOf(name);
    // The Engine reads names in any case: one that is not exactly known could mean a field that nobody looked at.
    if (shape === undefined) return [{ path: at, message: `unknown field${didYouMean(name, known)}` }];
    return value === null ? [] : unlike(value, shape, at);
  });
}
