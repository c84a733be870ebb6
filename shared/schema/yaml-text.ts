import { type Document, isScalar, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import { Refusal } from "../core/errors.ts";

/** How often one anchor may be used, uses in what it names included: a few lines of YAML can otherwise say a terabyte. */
const MOST_ALIASES = 20;

/** Parses one YAML 1.2 document (core schema). Throws `Refusal`: NOT_YAML with line and column, TOO_DEEP. */
export function parseYamlText(text: string): unknown {
  const lines = new LineCounter();
  try {
    // `prettyErrors` would put the lines themselves into the messages; `uniqueKeys` compares every key with every other.
    const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: false, prettyErrors: false, lineCounter: lines });
    const problem = firstProblem(document);
    if (problem !== undefined) throw problemAt(problem, lines);
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    if (cause instanceof RangeError) throw tooDeep();
    // What `toJS` throws of aliases, and nothing else.
    if (cause instanceof ReferenceError) throw notYaml(`an alias names no anchor before it, or an anchor is used more than ${MOST_ALIASES} times`);
    throw cause;
  }
}

interface Problem {
  readonly offset: number;
  readonly code: YAMLError["code"];
}

function firstProblem(document: Document.Parsed): Problem | undefined {
  const [error] = [...document.errors, ...document.warnings];
  return error === undefined ? firstBadKey(document) : { offset: error.pos[0], code: error.code };
}

/** A key that is there twice, or that is a list or an object and so has no name in JSON. */
function firstBadKey(document: Document.Parsed): Problem | undefined {
  let problem: Problem | undefined;
  visit(document, {
    Map(_, map) {
      const names = new Set<string>();
      for (const { key } of map.items) {
        const offset = (isScalar(key) ? key.range?.[0] : undefined) ?? map.range?.[0] ?? 0;
        if (key !== null && !isScalar(key)) problem = { offset, code: "NON_STRING_KEY" };
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
const MEANINGS: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  DUPLICATE_KEY: "a key is there twice",
  NON_STRING_KEY: "a key is a list, an object or an alias",
  BAD_INDENT: "the indentation does not fit",
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
  return new Refusal("NOT_YAML", { path: "", message: `the document is not YAML that is read here: ${reason}` });
}

function tooDeep(): Refusal {
  return new Refusal("TOO_DEEP", { path: "", message: "the document is nested too deep" });
}
