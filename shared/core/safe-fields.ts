import { allowsEverything, listOf, shown } from "./allow.ts";
import type { Issue } from "./errors.ts";
import { globMatches } from "./glob.ts";
import { isList, isObject, type Json, type JsonObject } from "./json.ts";
import type { Target } from "./target.ts";

/** The values that a field may have without being asked about. Texts are compared exactly, as the service does. */
export type SafeValues = readonly (string | number | boolean)[];

/**
 * The fields of a document that are known to be safe: `true` for a field with whatever is in it, a list of the values it may
 * have, or the fields of the object, or of each object of the list, that it holds. `"*"` stands for every name not there.
 */
export interface FieldTree {
  readonly [field: string]: true | SafeValues | FieldTree;
}

/** A document that came with a run, and what of it is safe. */
export interface SafeFieldsQuestion {
  readonly document: JsonObject;
  readonly safe: FieldTree;
  readonly target: Target;
  /** `host_config`: the target's list may name further keys. `safe_fields`: only `allow: "*"` lets others through. */
  readonly rule: "host_config" | "safe_fields";
  /** Where the run's document has it. */
  readonly path: string;
}

/** An issue for every field outside the list of safe ones. A null counts as an absent field. */
export function checkSafeFields({ document, safe, target, rule, path }: SafeFieldsQuestion): readonly Issue[] {
  if (allowsEverything(target)) return [];
  const listed = rule === "host_config" ? (listOf(target, rule) ?? []) : [];
  const remedy =
    rule === "host_config" ? "allow it in the target's allow.host_config" : `let everything through with the target's allow: "*"`;
  return [...outsideOf(document, safe, { path, name: "", listed })].map(([where, why]) => ({
    path: where,
    message: `rule ${rule} of target "${target.name}": ${why}; the operator can set it on the target itself, or ${remedy}`,
  }));
}

/** Where a value is: in the run's document, and, for the target's list, below the document that is looked at. */
interface Place {
  readonly path: string;
  readonly name: string;
  readonly listed: readonly string[];
}

type Outside = readonly [path: string, why: string];

function* outsideOf(object: JsonObject, tree: FieldTree, at: Place): Generator<Outside> {
  for (const [field, value] of Object.entries(object)) {
    const place = { ...at, path: `${at.path}${step(field)}`, name: at.name === "" ? field : `${at.name}.${field}` };
    const known = Object.hasOwn(tree, field) ? tree[field] : tree["*"];
    if (value === null || known === true || place.listed.some((pattern) => globMatches(pattern, place.name))) continue;
    if (known === undefined) yield [place.path, `the field ${shown(field)} is not among those known to be safe`];
    else if (isSafeValues(known)) yield* otherValues(value, known, place);
    else yield* outsideOfMembers(value, known, place);
  }
}

function* outsideOfMembers(value: Json, tree: FieldTree, at: Place): Generator<Outside> {
  if (isObject(value)) yield* outsideOf(value, tree, at);
  // What is neither an object nor a list of objects may mean to the service what the tree does not describe.
  else if (!isList(value)) yield [at.path, "expected an object, or a list of objects"];
  else {
    for (const [index, member] of value.entries()) {
      const path = `${at.path}[${index}]`;
      if (isObject(member)) yield* outsideOf(member, tree, { ...at, path });
      else yield [path, "expected an object"];
    }
  }
}

function* otherValues(value: Json, safe: SafeValues, at: Place): Generator<Outside> {
  const values = isList(value) ? value : [value];
  if (values.every((single) => safe.some((known) => known === single))) return;
  const known = safe.map((each) => JSON.stringify(each)).join(", ");
  yield [at.path, safe.length === 0 ? "no value of it is known to be safe" : `only ${known} is known to be safe`];
}

function isSafeValues(known: SafeValues | FieldTree): known is SafeValues {
  return Array.isArray(known);
}

/** A field's name is the sender's text: it may be long, or hold anything. */
function step(name: string): string {
  return /^[\w$-]{1,80}$/.test(name) ? `.${name}` : `[${shown(name)}]`;
}
