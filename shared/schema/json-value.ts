import { type Issue, Refusal, type RefusalCode } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { found } from "./found.ts";
import { type Path, pathText } from "./path.ts";

/** Deeper documents overflow the stack of whoever walks them by recursion. */
export const DEEPEST = 64;

/** A value to be looked at. Its path is a chain: an array for each of a hundred thousand values would cost more than the document. */
interface Place {
  readonly value: unknown;
  readonly depth: number;
  readonly key: string | number | undefined;
  readonly parent: Place | undefined;
}

/**
 * Takes a value for JSON: plain objects and lists of texts, finite numbers, booleans and null, at most 64 deep, no `__proto__`.
 * Throws `Refusal`: `TOO_DEEP`, or with `code` for the first thing that is wrong. Never recurses.
 */
export function asJson(value: unknown, code: RefusalCode): Json {
  const places: Place[] = [{ value, depth: 1, key: undefined, parent: undefined }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const wrong = complaint(place.value, place.key);
    if (wrong !== undefined) throw new Refusal(code, issueAt(place, wrong));
    if (typeof place.value !== "object" || place.value === null) continue;
    if (place.depth > DEEPEST) throw new Refusal("TOO_DEEP", issueAt(place, `lists and objects may be nested ${DEEPEST} deep`));
    for (const [key, member] of members(place.value)) places.push({ value: member, depth: place.depth + 1, key, parent: place });
  }
  return value as Json;
}

function members(container: object): readonly (readonly [string | number, unknown])[] {
  // `Array.from`, unlike `map`, does not skip the holes of a sparse array.
  return Array.isArray(container) ? Array.from(container, (member: unknown, index) => [index, member] as const) : Object.entries(container);
}

function complaint(value: unknown, key: string | number | undefined): string | undefined {
  if (key === "__proto__") return "no field may have this name: it would change what objects inherit";
  if (typeof key === "string" && !key.isWellFormed()) return "a field's name holds half of a surrogate pair";
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : "the text holds half of a surrogate pair: it has no UTF-8 form";
    case "number":
      return Number.isFinite(value) ? undefined : "expected a finite number, found one that is infinite, not a number, or too large";
    case "boolean":
      return undefined;
    case "object":
      return value === null || Array.isArray(value) || isPlain(value) ? undefined : "expected a JSON value, found an object of a class";
    default:
      return `expected a JSON value, found ${found(value)}`;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function issueAt(place: Place, message: string): Issue {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at?.key !== undefined; at = at.parent) path.unshift(at.key);
  return { path: pathText(path as Path), message };
}
