/** Finds where a text stops being JSON. V8's own message says it for some errors only, and quotes the content, which may be secret. */

type Expected = "value" | "value or end" | "key" | "key or end" | "colon" | "comma or end" | "nothing";

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in texts, and here is where that is found.
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Line and column, both from 1, of the first character that JSON does not allow; the text's end where it only stops too early. */
export function firstError(text: string): { readonly line: number; readonly column: number } {
  const offset = firstErrorOffset(text);
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function firstErrorOffset(text: string): number {
  const open: ("{" | "[")[] = [];
  const afterValue = (): Expected => (open.length === 0 ? "nothing" : "comma or end");
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    at = end(SPACE, text, at) ?? at;
    const character = text[at];
    if (character === undefined) return at;
    const within = open.at(-1);
    const closes = character === (within === "{" ? "}" : within === "[" ? "]" : undefined);
    if (closes && (expected === "value or end" || expected === "key or end" || expected === "comma or end")) {
      open.pop();
      expected = afterValue();
      at += 1;
    } else if (expected === "comma or end" && character === ",") {
      expected = within === "{" ? "key" : "value";
      at += 1;
    } else if (expected === "colon" && character === ":") {
      expected = "value";
      at += 1;
    } else if (expected === "key" || expected === "key or end") {
      const next = textEnd(text, at);
      if (!next.complete) return next.at;
      expected = "colon";
      at = next.at;
    } else if (expected !== "value" && expected !== "value or end") {
      return at;
    } else if (character === "{" || character === "[") {
      open.push(character);
      expected = character === "{" ? "key or end" : "value or end";
      at += 1;
    } else {
      const next = character === '"' ? textEnd(text, at) : wordEnd(text, at);
      if (!next.complete) return next.at;
      expected = afterValue();
      at = next.at;
    }
  }
}

interface Token {
  readonly complete: boolean;
  /** Just behind the token, or the offset of its error. */
  readonly at: number;
}

function wordEnd(text: string, from: number): Token {
  const at = end(WORD, text, from) ?? end(NUMBER, text, from);
  return at === undefined ? { complete: false, at: from } : { complete: true, at };
}

function textEnd(text: string, from: number): Token {
  if (text[from] !== '"') return { complete: false, at: from };
  for (let at = from + 1; ; ) {
    at = end(PLAIN_TEXT, text, at) ?? at;
    if (text[at] === '"') return { complete: true, at: at + 1 };
    const escaped = end(ESCAPE, text, at);
    if (escaped === undefined) return { complete: false, at };
    at = escaped;
  }
}

/** Where the sticky pattern ends when it is tried at an offset. */
function end(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
