/** Checks an input against the service's own model, as the SDK carries it: types and required members. */
import {
  type DeleteTaskDefinitionsRequest,
  DeleteTaskDefinitionsRequest$,
  type DeregisterTaskDefinitionRequest,
  DeregisterTaskDefinitionRequest$,
  type DescribeTaskDefinitionRequest,
  DescribeTaskDefinitionRequest$,
  type DescribeTasksRequest,
  DescribeTasksRequest$,
  type ListTaskDefinitionsRequest,
  ListTaskDefinitionsRequest$,
  type ListTasksRequest,
  ListTasksRequest$,
  type RegisterTaskDefinitionRequest,
  RegisterTaskDefinitionRequest$,
  type RunTaskRequest,
  RunTaskRequest$,
  type StopTaskRequest,
  StopTaskRequest$,
  type TagResourceRequest,
  TagResourceRequest$,
} from "@aws-sdk/client-ecs";
import type { Json, JsonObject } from "../../../shared/core/json.ts";
import { EcsRefusal } from "./refusal.ts";

/** The operations that the double has, with what they take. */
export interface Inputs {
  readonly RegisterTaskDefinition: RegisterTaskDefinitionRequest;
  readonly DescribeTaskDefinition: DescribeTaskDefinitionRequest;
  readonly DeregisterTaskDefinition: DeregisterTaskDefinitionRequest;
  readonly DeleteTaskDefinitions: DeleteTaskDefinitionsRequest;
  readonly ListTaskDefinitions: ListTaskDefinitionsRequest;
  readonly RunTask: RunTaskRequest;
  readonly DescribeTasks: DescribeTasksRequest;
  readonly ListTasks: ListTasksRequest;
  readonly StopTask: StopTaskRequest;
  readonly TagResource: TagResourceRequest;
}

export type EcsOperation = keyof Inputs;

/** What an input has that the model has not, and what it lacks; each by its path. */
export interface Findings {
  readonly unknown: string[];
  readonly missing: string[];
}

type Check = (value: Json, path: string, findings: Findings) => void;

/** The SDK's numbers for types. */
const STRING = 0;
const NUMBER = 1;
const BOOLEAN = 2;
const LIST = 64;
const MAP = 128;

const CHECKS: Readonly<Record<EcsOperation, Check>> = {
  RegisterTaskDefinition: compile(RegisterTaskDefinitionRequest$),
  DescribeTaskDefinition: compile(DescribeTaskDefinitionRequest$),
  DeregisterTaskDefinition: compile(DeregisterTaskDefinitionRequest$),
  DeleteTaskDefinitions: compile(DeleteTaskDefinitionsRequest$),
  ListTaskDefinitions: compile(ListTaskDefinitionsRequest$),
  RunTask: compile(RunTaskRequest$),
  DescribeTasks: compile(DescribeTasksRequest$),
  ListTasks: compile(ListTasksRequest$),
  StopTask: compile(StopTaskRequest$),
  TagResource: compile(TagResourceRequest$),
};

export function isEcsOperation(name: string): name is EcsOperation {
  return Object.hasOwn(CHECKS, name);
}

/** The input as the operation's own type. Throws SerializationException where a type differs from the model's. */
export function parseInput<Name extends EcsOperation>(operation: Name, body: string): { readonly input: Inputs[Name] } & Findings {
  const value = parseJson(body);
  const findings: Findings = { unknown: [], missing: [] };
  CHECKS[operation](value, "", findings);
  // Just checked against the very model that the type was generated from; what is missing is told in `missing`.
  return { input: (body.includes("null") ? withoutNulls(value) : value) as unknown as Inputs[Name], ...findings };
}

function parseJson(body: string): Json {
  try {
    return body === "" ? {} : JSON.parse(body);
  } catch {
    throw serialization("Could not parse the request body as JSON.");
  }
}

/** A null is an absent member. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value as JsonObject).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

function serialization(message: string): EcsRefusal {
  return new EcsRefusal({ type: "SerializationException", status: 400, message });
}

/** The SDK's compact schemas: a number for a simple type (64 added for a list of it, 128 for a map), a tuple for a shape. */
function compile(schema: unknown): Check {
  if (typeof schema === "function") return lazily(() => compile(schema()));
  if (typeof schema === "number") return simple(schema);
  if (!Array.isArray(schema)) throw new Error("a schema of a kind that the double does not know");
  // A member with traits of its own: [schema, traits].
  if (typeof schema[1] !== "string") return compile(schema[0]);
  const [kind, , , , fourth, fifth, required] = schema;
  if (kind === 0) return compile(fourth);
  if (kind === 1) return list(compile(fourth));
  if (kind === 2) return map(compile(fifth));
  return structure(fourth, fifth.map(compile), required ?? 0);
}

function lazily(make: () => Check): Check {
  let made: Check | undefined;
  return (value, path, findings) => {
    made ??= make();
    made(value, path, findings);
  };
}

function simple(schema: number): Check {
  if (schema >= MAP) return map(simple(schema - MAP));
  if (schema >= LIST) return list(simple(schema - LIST));
  if (schema === STRING) return ofType("string", "a String");
  if (schema === NUMBER) return ofType("number", "an Integer");
  if (schema === BOOLEAN) return ofType("boolean", "a Boolean");
  return () => {};
}

function ofType(expected: "string" | "number" | "boolean", name: string): Check {
  return (value) => {
    if (value === null || typeof value === expected) return;
    if (typeof value === "object") throw serialization("Start of structure or map found where not expected.");
    const token = typeof value === "boolean" ? String(value).toUpperCase() : (typeof value).toUpperCase();
    throw serialization(`${token}_VALUE can not be converted to ${name}`);
  };
}

function list(element: Check): Check {
  return (value, path, findings) => {
    if (value === null) return;
    if (!Array.isArray(value)) throw serialization("Expected list or null");
    value.forEach((member: Json, index) => {
      element(member, `${path}[${index}]`, findings);
    });
  };
}

function map(element: Check): Check {
  return (value, path, findings) => {
    if (value === null) return;
    for (const [name, member] of members(value)) element(member, `${path}.${name}`, findings);
  };
}

function structure(names: readonly string[], checks: readonly Check[], required: number): Check {
  const known = new Map(names.map((name, index) => [name, checks[index]]));
  return (value, path, findings) => {
    if (value === null) return;
    const present = members(value);
    for (const [name, member] of present) {
      const check = known.get(name);
      if (check === undefined) findings.unknown.push(`${path}.${name}`.slice(1));
      else check(member, `${path}.${name}`, findings);
    }
    for (const name of names.slice(0, required)) {
      if (!present.some(([given, member]) => given === name && member !== null)) findings.missing.push(`${path}.${name}`.slice(1));
    }
  };
}

function members(value: Json): readonly (readonly [string, Json])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw serialization("Unexpected value type in payload");
  return Object.entries(value);
}
