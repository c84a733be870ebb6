import { createRequire } from "node:module";
import type { Document, LineCounter, YAMLError } from "yaml";
import { Refusal } from "../core/errors.ts";
import { late } from "../core/late.ts";

/** Loaded with the first text of YAML, at once, for callers that do not wait: a function that is sent JSON only starts without it. */
const yaml = late((): typeof import("yaml") => createRequire(import.meta.url)("yaml"));

/**
 * Most uses of anchors, uses in what they name included: a few lines of YAML can otherwise say a terabyte. And each use is looked
 * for in the whole document.
 */
const MOST_ALIASES = 20;

/** Most parts (keys, values, signs, line ends, escapes): each costs far more time than its one byte seems to ask for. */
export const MOST_PARTS = 50_000;

/** Parses one YAML 1.2 document (core schema). Throws `Refusal`: NOT_YAML with line and column, TOO_LARGE for its parts, TOO_DEEP. */
export function parseYamlText(text: string): unknown {
  checkParts(text);
  return withoutStacks(() => parsed(text));
}

/** Counts what there is to parse, by the lexer alone: it stops at the bound, and the parser does not. */
function checkParts(text: string): void {
  let parts = 0;
  let aliases = 0;
  for (const token of new (yaml().Lexer)().lex(text)) {
    parts += token.startsWith('"') ? token.split("\\").length : 1;
    if (token.startsWith("*")) aliases += 1;
    if (aliases > MOST_ALIASES) throw notYaml(`there are more than ${MOST_ALIASES} aliases (*name)`);
    if (parts > MOST_PARTS) {
      const message = `the YAML text has more than ${MOST_PARTS} parts: keys, values, signs and line ends`;
      throw new Refusal("TOO_LARGE", { path: "", message });
    }
  }
}

/** The parser makes an error object for each of thousands of errors; their stacks would take most of the time. */
function withoutStacks<Value>(parse: () => Value): Value {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parse();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function parsed(text: string): unknown {
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  try {
    // `prettyErrors` copies the lines into messages, which nobody may see; `uniqueKeys` compares every key with every other.
    const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: false, prettyErrors: false, lineCounter: lines });
    const problem = firstProblem(document);
    if (problem !== undefined) throw problemAt(problem, lines);
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    if (cause instanceof RangeError) throw tooDeep();
    // What `toJS` throws of aliases, and nothing else.
    if (cause instanceof ReferenceError)
      throw notYaml(`an alias names no anchor before it, or an anchor is used more than ${MOST_ALIASES} times`);
    throw cause;
  }
}

type ProblemCode = YAMLError["code"] | "MERGE_KEY";

interface Problem {
  readonly offset: number;
  readonly code: ProblemCode;
}

function firstProblem(document: Document.Parsed): Problem | undefined {
  const [error] = [...document.errors, ...document.warnings];
  return error === undefined ? firstBadKey(document) : { offset: error.pos[0], code: error.code };
}

/**
 * A key that is there twice, or that is a list or an object and so has no name in JSON. Merge keys are of YAML 1.1; the parser
 * could read them, but then merges of merges take time without bound, and silently kept as a field they would surprise.
 */
function firstBadKey(document: Document.Parsed): Problem | undefined {
  const { isScalar, visit } = yaml();
  let problem: Problem | undefined;
  visit(document, {
    Map(_, map) {
      const names = new Set<string>();
      for (const { key } of map.items) {
        const offset = (isScalar(key) ? key.range?.[0] : undefined) ?? map.range?.[0] ?? 0;
        if (key !== null && !isScalar(key)) problem = { offset, code: "NON_STRING_KEY" };
        if (isScalar(key) && key.value === "<<" && key.type === "PLAIN") problem = { offset, code: "MERGE_KEY" };
        const name = isScalar(key) ? String(key.value ?? "") : "";
        if (names.has(name)) problem ??= { offset, code: "DUPLICATE_KEY" };
        if (problem !== undefined) return visit.BREAK;
        names.add(name);
      }
      return undefined;
    },
  });
  return problem;
}

/** What the commoner of the parser's codes mean; its own messages may quote the content. */
const MEANINGS: Readonly<Partial<Record<ProblemCode, string>>> = {
  MERGE_KEY: "merge keys (<<) are not read",
  DUPLICATE_KEY: "a key is there twice",
  NON_STRING_KEY: "a key is a list, an object or an alias",
  BAD_INDENT: "the indentation does not fit, or a bracket is not closed",
  TAB_AS_INDENT: "a tab is used as indentation",
  MULTIPLE_DOCS: "there is more than one document",
  TAG_RESOLVE_FAILED: "a tag (!name) has no meaning here",
  BAD_ALIAS: "an alias is not allowed here",
  MISSING_CHAR: "a character is missing: a closing quote or bracket, or a comma or colon",
  BLOCK_AS_IMPLICIT_KEY: "a nested mapping is on the line of its key",
};

function problemAt({ code, offset }: Problem, lines: LineCounter): Refusal {
  // The parser's own bound on nesting, without which it would overflow the stack.
  if (code === "RESOURCE_EXHAUSTION") return tooDeep();
  const { line, col } = lines.linePos(offset);
  return notYaml(`error at line ${line}, column ${col}: ${MEANINGS[code] ?? code.toLowerCase().replaceAll("_", " ")}`);
}

function notYaml(reason: string): Refusal {
  return new Refusal("NOT_YAML", { path: "", message: `the document cannot be read as YAML: ${reason}` });
}

function tooDeep(): Refusal {
  return new Refusal("TOO_DEEP", { path: "", message: "the document is nested too deep" });
}
