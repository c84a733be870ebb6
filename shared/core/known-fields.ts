import type { Issue } from "./errors.ts";
import { isList, isObject, type Json } from "./json.ts";
import { nearestName } from "./suggest.ts";

/** The fields of a service's own model: `true` for a field with whatever is in it, or the fields of the object, or of each object of the list. */
export interface FieldNames {
  readonly [field: string]: true | FieldNames;
}

/** An issue for every field of a document that the service does not know, with the nearest that it does. */
export function unknownFields(document: Json, known: FieldNames, path: string): readonly Issue[] {
  if (isList(document)) return document.flatMap((element, index) => unknownFields(element, known, `${path}[${index}]`));
  if (!isObject(document)) return [];
  return Object.entries(document).flatMap(([field, value]) => {
    const inner = Object.hasOwn(known, field) ? known[field] : undefined;
    if (inner === true || value === null) return [];
    if (inner !== undefined) return unknownFields(value, inner, `${path}.${field}`);
    const nearest = nearestName(field, Object.keys(known));
    return [
      { path: `${path}.${field.slice(0, 80)}`, message: `unknown field${nearest === undefined ? "" : ` (did you mean "${nearest}"?)`}` },
    ];
  });
}
