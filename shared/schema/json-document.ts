/** Documents as text: size, encoding, syntax and depth, before anybody looks at what they say. */
import { Refusal, type RefusalCode } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { firstError } from "./json-position.ts";
import { repeatedField } from "./json-repeated.ts";
import { asJson } from "./json-value.ts";
import { pathText } from "./path.ts";
import { parseYamlText } from "./yaml-text.ts";

/** What a document may be, and which code says that it may not be what it is. */
export interface Limits {
  /** Of its UTF-8 form; 1 MiB when not said. */
  readonly maxBytes?: number;
  /** For what is JSON but never right, as a field named `__proto__`. */
  readonly code?: RefusalCode;
}

const MEBIBYTE = 1024 * 1024;

/** Reads a JSON document. Throws `Refusal`: NOT_UTF8, TOO_LARGE, NOT_JSON with line and column, TOO_DEEP, and with `code` a field that is there twice. */
export function readJson(source: string | Uint8Array, limits: Limits = {}): Json {
  const code = limits.code ?? "INVALID_MESSAGE";
  const text = decode(source, limits);
  const document = asJson(parseJson(text), code);
  const repeated = repeatedField(text);
  if (repeated !== undefined) throw new Refusal(code, { path: pathText(repeated), message: "this field is there twice: which is meant?" });
  return document;
}

/** Reads a YAML 1.2 or JSON document. Throws `Refusal`: NOT_UTF8, TOO_LARGE, NOT_YAML with the line, TOO_DEEP. */
export function readYaml(source: string | Uint8Array, limits: Limits = {}): Json {
  const text = decode(source, limits);
  return asJson(plainJson(text) ?? parseYamlText(text), limits.code ?? "INVALID_CONFIGURATION");
}

/**
 * What a text says that is JSON as `JSON.stringify` writes it, as what is deployed is; undefined for any other. JSON that is written
 * otherwise may have a name twice, which is for the YAML parser to find.
 */
function plainJson(text: string): object | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
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
