/** Documents checked against the official client's own protos, as the service's JSON front checks what it is sent. */
import { createRequire } from "node:module";
import { isList, isObject, type Json, type JsonObject } from "../../../shared/core/json.ts";

interface ProtoField {
  readonly type: string;
  readonly rule?: "repeated";
  readonly keyType?: string;
}

interface ProtoNode {
  readonly fields?: Readonly<Record<string, ProtoField>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly nested?: Readonly<Record<string, ProtoNode>>;
}

const root = createRequire(import.meta.url)("@google-cloud/aiplatform/build/protos/protos.json") as ProtoNode;
const V1 = ["google", "cloud", "aiplatform", "v1"];

function at(path: readonly string[]): ProtoNode | undefined {
  return path.reduce<ProtoNode | undefined>((node, name) => node?.nested?.[name], root);
}

/** A type as a field of a message names it: within the message, in its package, or whole. */
function typeOf(message: ProtoNode, name: string): ProtoNode | undefined {
  return message.nested?.[name] ?? at([...V1, ...name.split(".")]) ?? at(name.split("."));
}

/** The names of JobState, by number. */
export const JOB_STATES: readonly string[] = Object.keys(at([...V1, "JobState"])?.values ?? {});

/** What is wrong with a JSON document as a message of this type: as the service words it. Enums are names or numbers. */
export function problemsOf(document: Json, type: string, path: string): readonly string[] {
  const message = at([...V1, type]);
  if (message === undefined) throw new Error(`the protos have no ${type}`);
  return inMessage(document, message, path);
}

function inMessage(document: Json, message: ProtoNode, path: string): readonly string[] {
  if (!isObject(document)) return [`Invalid value at '${path}' (type.googleapis.com), ${JSON.stringify(document)}`];
  return Object.entries(document).flatMap(([name, value]) => {
    const field = message.fields?.[name];
    if (field === undefined) return [`Invalid JSON payload received. Unknown name "${name}" at '${path}': Cannot find field.`];
    const inner = `${path}.${name}`;
    if (field.keyType !== undefined) {
      return isObject(value)
        ? Object.values(value).flatMap((each) => inField(each, field, message, inner))
        : [`Invalid value at '${inner}'`];
    }
    if (field.rule !== "repeated") return inField(value, field, message, inner);
    return isList(value)
      ? value.flatMap((each, index) => inField(each, field, message, `${inner}[${index}]`))
      : [`Invalid value at '${inner}'`];
  });
}

function inField(value: Json, field: ProtoField, message: ProtoNode, path: string): readonly string[] {
  // The real service repeats the value that it can't take.
  const wrong = [`Invalid value at '${path}' (${field.type}), ${JSON.stringify(value)}`];
  switch (field.type) {
    case "string":
      return typeof value === "string" ? [] : wrong;
    case "bool":
      return typeof value === "boolean" ? [] : wrong;
    case "int32":
    case "int64":
      return /^-?\d+$/.test(String(value)) ? [] : wrong;
    case "google.protobuf.Duration":
      return typeof value === "string" && /^\d+(\.\d{1,9})?s$/.test(value) ? [] : wrong;
    default: {
      const type = typeOf(message, field.type);
      if (type?.values !== undefined)
        return value !== null && (String(value) in type.values || Object.values(type.values).includes(Number(value))) ? [] : wrong;
      return type === undefined ? [] : inMessage(value, type, path);
    }
  }
}

/** An object's member that is an object; an empty one where there is none. */
export function objectIn(document: JsonObject, key: string): JsonObject {
  const value = document[key];
  return isObject(value) ? value : {};
}

/** The objects of an object's list. */
export function objectsIn(document: JsonObject, key: string): readonly JsonObject[] {
  const value = document[key];
  return isList(value) ? value.filter((each) => isObject(each)) : [];
}
