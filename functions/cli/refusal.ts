import { type Issue, Refusal } from "../../shared/core/errors.ts";
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

/** A refusal for a person: the document and the code, then each issue on a line of its own with its path. */
export function describeRefusal(refusal: Refusal): string {
  const { code, issues } = refusal;
  const document = documentOf(refusal);
  const head = document === undefined ? code : `${oneLine(document)}: ${code}`;
  const [first, ...rest] = issues;
  if (first === undefined) return head;
  if (rest.length === 0) return `${head}: ${describeIssue(first)}`;
  return `${head}\n${issues.map((issue) => `  ${describeIssue(issue)}`).join("\n")}`;
}

/** A refusal for programs. */
export function refusalView({ code, message, path, issues }: Refusal) {
  return { code, message, path, issues: issues.map((issue) => ({ path: issue.path, message: issue.message })) };
}

function describeIssue({ path, message }: Issue): string {
  return oneLine(path === "" ? message : `${path}: ${message}`);
}
