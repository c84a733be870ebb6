import { existsSync, readFileSync } from "node:fs";
import { ownAdvice } from "../../shared/core/advice.ts";
import { type Issue, Refusal } from "../../shared/core/errors.ts";
import { linesIn } from "../../shared/schema/yaml-lines.ts";
import { oneLine } from "./format.ts";

/** The documents that refusals are about. */
const documents = new WeakMap<Refusal, string>();

/** Reads or uses a document; a refusal that comes of it is told with the document's name. */
export async function about<Value>(document: string, use: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof Refusal && !documents.has(error)) documents.set(error, document);
    throw error;
  }
}

/** The document that a refusal is about, where that is known. */
export function documentOf(refusal: Refusal): string | undefined {
  return documents.get(refusal);
}

/** A refusal for a person: the document and the code, then each issue on a line of its own with its path, then what to do. */
export function describeRefusal(refusal: Refusal, indent = ""): string {
  const { code, issues } = refusal;
  const document = documentOf(refusal);
  const head = document === undefined ? code : `${oneLine(document)}: ${code}`;
  const [first, ...rest] = issues;
  const lineOf = linesOf(refusal);
  const told = first === undefined ? head : rest.length === 0 ? `${head}: ${describeIssue(first, lineOf)}` : head;
  const remedy = remedyFor(code);
  const lines = [
    told,
    ...(rest.length === 0 ? [] : issues.map((issue) => `  ${describeIssue(issue, lineOf)}`)),
    ...(remedy === undefined ? [] : [`  What to do: ${remedy}`]),
  ];
  return lines.map((line) => `${indent}${line}`).join("\n");
}

/** What to do about a refusal; undefined where its message says it already. */
export function remedyFor(code: string): string | undefined {
  return SAYS_WHAT_TO_DO.test(code) ? undefined : ownAdvice(code)?.step;
}

/** Their messages name what is expected, or what to set. */
const SAYS_WHAT_TO_DO =
  /^(NOT_(JSON|YAML)|INVALID_.*|(COMMAND|IMAGE|NETWORK|EXECUTION_ROLE)_MISSING|SIZE_NOT_OFFERED|(ENTRYPOINT|STORAGE)_NOT_SUPPORTED)$/;

/** A refusal for programs. */
export function refusalView({ code, message, path, issues }: Refusal) {
  return { code, message, path, issues: issues.map((issue) => ({ path: issue.path, message: issue.message })) };
}

function describeIssue({ path, message }: Issue, lineOf: (path: string) => number | undefined): string {
  const line = path === "" ? undefined : lineOf(path);
  return oneLine(`${path === "" ? message : `${path}: ${message}`}${line === undefined ? "" : ` (line ${line})`}`);
}

/** The lines of what is wrong with a configuration, where it is a file: it may be long, and its lists are many. */
function linesOf(refusal: Refusal): (path: string) => number | undefined {
  const file = documentOf(refusal);
  if (refusal.code !== "INVALID_CONFIGURATION" || file === undefined || !existsSync(file)) return () => undefined;
  try {
    return linesIn(readFileSync(file, "utf8"));
  } catch {
    // Taken away meanwhile: what is wrong has been read, and is told without.
    return () => undefined;
  }
}
