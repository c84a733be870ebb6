/** Documents as text: size, encoding, syntax and depth, before anybody looks at what they say. */
import { LineCounter, parseDocument, type YAMLError } from "yaml";
import { Refusal, type RefusalCode } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { asJson } from "./json-value.ts";
import { firstError } from "./json-position.ts";

/** What a document may be, and which code says that it may not be what it is. */
export interface Limits {
  /** Of its UTF-8 form; 1 MiB when not said. */
  readonly maxBytes?: number;
  /** For what is JSON but never right, as a field named `__proto__`. */
  readonly code?: RefusalCode;
}

const MEBIBYTE = 1024 * 1024;
/** How often one anchor may be used, uses in what it names included: a few lines of YAML can otherwise say a terabyte. */
const MOST_ALIASES = 20;

/** Reads a JSON document. Throws `Refusal`: NOT_UTF8, TOO_LARGE, NOT_JSON with line and column, TOO_DEEP. */
export function readJson(source: string | Uint8Array, limits: Limits = {}): Json {
  return asJson(parseJson(decode(source, limits)), limits.code ?? "INVALID_MESSAGE");
}

/** Reads a YAML 1.2 or JSON document. Throws `Refusal`: NOT_UTF8, TOO_LARGE, NOT_YAML with the line, TOO_DEEP. */
export function readYaml(source: string | Uint8Array, limits: Limits = {}): Json {
  return asJson(parseYaml(decode(source, limits)), limits.code ?? "INVALID_CONFIGURATION");
}

function decode(source: string | Uint8Array, { maxBytes = MEBIBYTE }: Limits): string {
  const bytes = typeof source === "string" ? leastBytes(source, maxBytes) : source.length;
  if (bytes > maxBytes) throw new Refusal("TOO_LARGE", { path: "", message: `the document is larger than ${maxBytes} bytes` });
  if (typeof source === "string") return source.startsWith("\uFEFF") ? source.slice(1) : source;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(source);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Refusal("NOT_UTF8", { path: "", message: "the document is not UTF-8 text" });
  }
}

/** Length in UTF-8; of a text that is too long in any case, or short enough in any case, an estimate on the right side. */
function leastBytes(text: string, maxBytes: number): number {
  return text.length > maxBytes || text.length * 3 <= maxBytes ? text.length : new TextEncoder().encode(text).length;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    if (text.trim() === "") throw new Refusal("NOT_JSON", { path: "", message: "the document is empty: expected JSON" });
    const { line, column } = firstError(text);
    throw new Refusal("NOT_JSON", { path: "", message: `the document is not JSON: error at line ${line}, column ${column}` });
  }
}

function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  try {
    // `prettyErrors` would put the lines themselves into the messages.
    const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: true, prettyErrors: false, lineCounter: lines });
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) throw notYaml(error, lines);
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    // The parser recurses: a document of brackets only overflows the stack.
    if (cause instanceof RangeError) throw new Refusal("TOO_DEEP", { path: "", message: "the document is nested too deep" });
    if (cause instanceof ReferenceError) throw new Refusal("NOT_YAML", { path: "", message: `an alias names no anchor, or one is used more than ${MOST_ALIASES} times` });
    throw cause;
  }
}

/** What the commonest of the parser's codes mean; its own messages may quote the content. */
const YAML_ERRORS: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  DUPLICATE_KEY: "a key is there twice",
  BAD_INDENT: "the indentation does not fit",
  TAB_AS_INDENT: "a tab is used as indentation",
  MULTIPLE_DOCS: "there is more than one document",
  TAG_RESOLVE_FAILED: "a tag (!name) has no meaning here",
  BAD_ALIAS: "an alias is not allowed here",
  MISSING_CHAR: "a character is missing: a closing quote or bracket, or a comma or colon",
  BLOCK_AS_IMPLICIT_KEY: "a nested mapping is on the line of its key",
};

function notYaml(error: YAMLError, lines: LineCounter): Refusal {
  const { line, col } = lines.linePos(error.pos[0]);
  const meaning = YAML_ERRORS[error.code] ?? error.code.toLowerCase().replaceAll("_", " ");
  return new Refusal("NOT_YAML", { path: "", message: `the document is not YAML: error at line ${line}, column ${col}: ${meaning}` });
}
