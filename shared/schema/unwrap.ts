import type { Json, JsonObject } from "../core/json.ts";
import { runConfigTypes } from "./run-config/index.ts";

/** A message without its wrapping, and the id that the wrapping offers for it. */
export interface Unwrapped {
  readonly document: Json;
  readonly id?: string;
}

/** Takes one kind of wrapping off; undefined where the document is not wrapped so. */
type Unwrapping = (document: JsonObject) => Unwrapped | undefined;

/** Tried in order, again and again, until none of them knows the document. */
const UNWRAPPINGS: readonly Unwrapping[] = [bareRunConfig];

/** Nobody wraps a message more often; a message that is its own wrapping must not be unwrapped for ever. */
const MOST_WRAPPINGS = 5;

/** Takes a message out of what it was sent in. The innermost id counts: it is nearest to what the sender meant. */
export function unwrap(document: Json): Unwrapped {
  let unwrapped: Unwrapped = { document };
  for (let times = 0; times < MOST_WRAPPINGS; times++) {
    const inner = isJsonObject(unwrapped.document) ? unwrappedOnce(unwrapped.document) : undefined;
    if (inner === undefined) return unwrapped;
    unwrapped = { ...unwrapped, ...inner };
  }
  return unwrapped;
}

function unwrappedOnce(document: JsonObject): Unwrapped | undefined {
  for (const unwrapping of UNWRAPPINGS) {
    const inner = unwrapping(document);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** A run config alone stands for a request that has nothing else. */
function bareRunConfig(document: JsonObject): Unwrapped | undefined {
  const { type } = document;
  if (Object.hasOwn(document, "run_config") || typeof type !== "string" || !runConfigTypes.includes(type)) return undefined;
  return { document: { run_config: document } };
}

/** Whether a value is an object, and no list. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
