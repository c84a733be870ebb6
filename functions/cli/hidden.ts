import { isList, isObject, type Json } from "../../shared/core/json.ts";
import { found } from "../../shared/schema/found.ts";

/** A document's fields without their values: what was meant can be seen, and no secret. */
export function hidden(document: Json): Json {
  if (isList(document)) return document.map(hidden);
  if (isObject(document)) return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, hidden(value)]));
  return `(${found(document)})`;
}
