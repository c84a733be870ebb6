/** Whether a part of a CustomJob is as the service's protos have it, and the same in the spelling of the official client. */
import type { Issue } from "../../core/errors.ts";
import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "../../core/json.ts";
import { didYouMean } from "../../core/suggest.ts";
import { durationOf } from "./duration.ts";

/** What a field holds: a scalar, one of an enum's names, a message, or a list of such. */
export type FieldShape =
  | "string"
  | "bool"
  | "int32"
  | "int64"
  | "duration"
  | { readonly oneOf: readonly string[] }
  | { readonly fields: MessageFields }
  | readonly [FieldShape];

/** A message's fields by their camelCase names. */
export interface MessageFields {
  readonly [field: string]: FieldShape;
}

/** A part in camelCase with its keys in order, and everything that is wrong with what was given. */
export interface Read<Value extends Json = Json> {
  readonly value: Value;
  readonly issues: readonly Issue[];
}

/** Reads a message whose keys are snake_case or camelCase. A null counts as an absent key. */
export function readMessage(given: JsonObject, fields: MessageFields, path: string): Read<JsonObject> {
  const issues: Issue[] = [];
  const members = new Map<string, Json>();
  for (const [key, inner] of Object.entries(given)) {
    const at = `${path}.${key.slice(0, 80)}`;
    const name = camelCase(key);
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (shape === undefined) issues.push({ path: at, message: `unknown field${suggestion(key, fields)}` });
    else if (inner !== null && members.has(name)) issues.push({ path: at, message: `given twice: as ${snakeCase(name)} and as ${name}` });
    else if (inner !== null) {
      const read = readField(inner, shape, at);
      issues.push(...read.issues);
      members.set(name, read.value);
    }
  }
  return { value: Object.fromEntries([...members].sort(([a], [b]) => byCodeUnit(a, b))), issues };
}

function readField(given: Json, shape: FieldShape, path: string): Read {
  if (typeof shape === "string") return { value: given, issues: problemsOf(given, shape).map((message) => ({ path, message })) };
  if ("oneOf" in shape)
    return { value: given, issues: isOneOf(given, shape.oneOf) ? [] : [{ path, message: expectedOneOf(shape.oneOf, given) }] };
  if ("fields" in shape)
    return isObject(given) ? readMessage(given, shape.fields, path) : { value: given, issues: [{ path, message: "expected an object" }] };
  if (!isList(given)) return { value: given, issues: [{ path, message: "expected a list" }] };
  const members = given.map((member, index) => readField(member, shape[0], `${path}[${index}]`));
  return { value: members.map(({ value }) => value), issues: members.flatMap(({ issues }) => issues) };
}

const DIGITS = /^-?\d{1,19}$/;

/** Numbers may be texts of digits, as protobuf's JSON writes those of 64 bits. */
function problemsOf(given: Json, scalar: "string" | "bool" | "int32" | "int64" | "duration"): readonly string[] {
  switch (scalar) {
    case "string":
      return typeof given === "string" ? [] : ["expected a string"];
    case "bool":
      return typeof given === "boolean" ? [] : ["expected true or false"];
    case "int32":
    case "int64":
      return Number.isSafeInteger(given) || (typeof given === "string" && DIGITS.test(given)) ? [] : ["expected a whole number"];
    case "duration":
      return durationOf(given) === undefined ? ['expected a duration: seconds, as 3600, "3600s" or {"seconds": 3600}'] : [];
    default: {
      const unhandled: never = scalar;
      return unhandled;
    }
  }
}

function isOneOf(given: Json, names: readonly string[]): boolean {
  return typeof given === "string" && names.includes(given);
}

const MOST_NAMES = 12;

function expectedOneOf(names: readonly string[], given: Json): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  const more = names.length > MOST_NAMES ? ` or another of the service's ${names.length} names` : "";
  return `expected ${shown}${more}${typeof given === "string" ? didYouMean(given, names) : ""}`;
}

/** In the spelling that the sender uses: camelCase where there is a capital letter. */
function suggestion(key: string, fields: MessageFields): string {
  const names = Object.keys(fields);
  return didYouMean(key, /[A-Z]/.test(key) ? names : names.map(snakeCase));
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
