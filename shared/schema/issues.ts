/** Validates documents with zod, in our words: every error at once, each with its path, none with the value found. */

import * as z from "zod/mini";
import { $ZodNumberFormat } from "zod/v4/core";
import { type Issue, Refusal, type RefusalCode } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import { found, quoted } from "./found.ts";
import { type Path, pathText } from "./path.ts";

/** A document with a hundred thousand errors is told about the first ones: the message must fit a log line and a table item. */
const MOST_ISSUES = 50;

/** A validated document, or what is wrong with it. */
export type Checked<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly issues: readonly Issue[] };

/** Validates a document. */
export function check<Schema extends z.core.$ZodType>(schema: Schema, document: unknown): Checked<z.output<Schema>> {
  const known: KnownFields = new Map();
  const result = z.safeParse(schema, document, { error: (issue) => messageOf(issue as RaisedIssue, known), reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  const list = new IssueList();
  for (const issue of result.error.issues) addTo(list, issue, [], known);
  return { ok: false, issues: list.done() };
}

/** Validates a document. Throws `Refusal` with all that is wrong with it. */
export function parse<Schema extends z.core.$ZodType>(schema: Schema, document: unknown, code: RefusalCode): z.output<Schema> {
  const checked = check(schema, document);
  if (checked.ok) return checked.value;
  throw refusal(code, checked.issues);
}

/** A refusal with these issues, of which there is at least one. */
export function refusal(code: RefusalCode, issues: readonly Issue[], runId?: string): Refusal {
  const [first, ...rest] = issues;
  return new Refusal(code, [first ?? { path: "", message: "is invalid" }, ...rest], runId);
}

/** An issue as zod hands it to its error map: complete but for the message, and with the schema that raised it. */
type RaisedIssue = z.core.$ZodIssue & { readonly inst?: unknown };

/** The fields of the objects in which an unknown one was found; zod tells them to its error map only. */
type KnownFields = Map<unknown, readonly string[]>;

class IssueList {
  readonly #issues: Issue[] = [];
  #more = 0;

  /** The message is made only when it is kept: looking for the nearest name takes time. */
  add(path: Path, message: () => string): void {
    if (this.#issues.length < MOST_ISSUES) this.#issues.push({ path: pathText(path), message: message() });
    else this.#more += 1;
  }

  done(): readonly Issue[] {
    if (this.#more === 0) return this.#issues;
    return [...this.#issues, { path: "", message: `and ${this.#more} more ${this.#more === 1 ? "error" : "errors"}` }];
  }
}

function addTo(list: IssueList, issue: z.core.$ZodIssue, parent: Path, known: KnownFields): void {
  const path = [...parent, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const names = known.get(issue.input) ?? [];
    for (const key of issue.keys) list.add([...path, key], () => unknownField(key, names));
    return;
  }
  const meant = issue.code === "invalid_union" ? alternativeMeant(issue) : undefined;
  if (meant !== undefined) for (const inner of meant) addTo(list, inner, path, known);
  else list.add(path, () => (issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message));
}

/** What an unknown field is told. */
export function unknownField(name: string, known: readonly string[]): string {
  const nearest = didYouMean(name, known);
  return `unknown field${nearest === "" && known.length > 0 ? `; known are ${known.join(", ")}` : nearest}`;
}

/** Of a union, the one alternative whose type is that of the value: its own complaints say more than "none of these". */
function alternativeMeant(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const fitting = issue.errors.filter((alternative) => !alternative.some(isAboutType));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function isAboutType(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

function messageOf(issue: RaisedIssue, known: KnownFields): string {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(isInteger(issue) ? "int" : issue.expected, issue.input);
    case "invalid_value":
      return oneOf(issue.values, issue.input);
    case "invalid_union":
      if (issue.inclusive === false) return "is invalid";
      if (issue.discriminator !== undefined) return oneOf(issue.options ?? [], field(issue.input, issue.discriminator));
      return expectedButFound(alternatives(issue.errors), issue.input);
    case "unrecognized_keys":
      known.set(issue.input, Object.keys((issue.inst as z.core.$ZodObject)._zod.def.shape));
      return "unknown field";
    case "too_small":
      return `expected ${amount(issue.origin, "at least", issue.minimum, issue.inclusive)}`;
    case "too_big":
      return `expected ${amount(issue.origin, "at most", issue.maximum, issue.inclusive)}`;
    default:
      return "is invalid";
  }
}

function typeName(expected: string): string {
  return TYPES[expected] ?? expected;
}

/** zod expects a number of an integer, unless it has one. */
function isInteger({ inst }: RaisedIssue): boolean {
  return inst instanceof $ZodNumberFormat;
}

function wrongType(type: string, input: unknown): string {
  if (type === "int" && typeof input === "number") {
    return `expected an integer, found a number ${Number.isInteger(input) ? "too large to be exact" : "with a fraction"}`;
  }
  return expectedButFound(type === "array" && typeof input === "string" ? 'a list, as ["…"]' : typeName(type), input);
}

function expectedButFound(expected: string, input: unknown): string {
  if (input === undefined) return `required: expected ${expected}`;
  return `expected ${expected}, found ${found(input)}`;
}

function oneOf(values: readonly unknown[], input: unknown): string {
  const expected = values.length === 1 ? quoted(values) : `one of ${quoted(values)}`;
  if (typeof input !== "string" || input === "") return expectedButFound(expected, input);
  const names = values.filter((value) => typeof value === "string");
  return `expected ${expected}, found another string${didYouMean(input, names)}`;
}

/** `"*" or an object`: what the alternatives of a union ask for. */
function alternatives(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  const names = errors.flat().flatMap((issue) => {
    if (issue.code === "invalid_type") return [typeName(issue.expected)];
    return issue.code === "invalid_value" ? issue.values.map((value) => JSON.stringify(value)) : [];
  });
  const distinct = [...new Set(names)];
  return distinct.length < 2 ? distinct.join() : `${distinct.slice(0, -1).join(", ")} or ${distinct.at(-1)}`;
}

function amount(origin: string, bound: string, limit: number | bigint, inclusive = true): string {
  const text = inclusive ? `${bound} ${limit}` : `${bound === "at least" ? "more" : "less"} than ${limit}`;
  const unit = origin === "string" ? "character" : origin === "array" ? ("entry" as const) : undefined;
  if (unit === undefined) return text;
  return `${text} ${limit === 1 ? unit : unit === "entry" ? "entries" : `${unit}s`}`;
}

function field(input: unknown, name: string): unknown {
  return typeof input === "object" && input !== null ? (input as Readonly<Record<string, unknown>>)[name] : undefined;
}
