/** Merging of documents that are passed through to a service. Nothing given is changed; keys come out in code unit order. */
import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "./json.ts";

/** Names that reach an object's prototype when somebody assigns to them; ignored wherever they stand. */
const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The document without the keys whose value is null, at any depth. A null in a list stays: its place counts. */
export function withoutNulls(document: JsonObject): JsonObject {
  return plainObject(Object.entries(document).map(([key, value]) => [key, value === null ? undefined : cleaned(value)]));
}

function cleaned(value: Json): Json {
  if (isList(value)) return value.map(cleaned);
  return isObject(value) ? withoutNulls(value) : value;
}

/** The base with each key of the overlay in place of its own, whole. A null in the overlay is a value: see `withoutNulls`. */
export function mergeShallow(base: JsonObject, overlay: JsonObject): JsonObject {
  return plainObject([...Object.entries(base), ...Object.entries(overlay)]);
}

/**
 * The base's objects, each with those of the overlay that have the same `name` merged over it (shallowly), then the overlay's
 * others, in order. Objects without a name pair with each other; of several with one name, the first is meant.
 */
export function replaceByName(base: readonly JsonObject[], overlay: readonly JsonObject[]): readonly JsonObject[] {
  const merged = base.map((entry) => mergeShallow(entry, {}));
  for (const entry of overlay) {
    const index = merged.findIndex((other) => (other["name"] ?? null) === (entry["name"] ?? null));
    const under = merged[index];
    if (under === undefined) merged.push(mergeShallow({}, entry));
    else merged[index] = mergeShallow(under, entry);
  }
  return merged;
}

/** `Object.fromEntries` defines properties, where an assignment to `__proto__` would set the prototype. The last value of a key counts. */
function plainObject(entries: readonly (readonly [string, Json | undefined])[]): JsonObject {
  const members = new Map(entries.filter(([key, value]) => value !== undefined && !UNSAFE_KEYS.has(key)));
  return Object.fromEntries([...members].sort(([a], [b]) => byCodeUnit(a, b))) as JsonObject;
}
