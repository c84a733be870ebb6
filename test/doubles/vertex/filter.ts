/** The filters of a list: comparisons of state, display name and labels, with AND, OR and brackets. AND binds tighter, as nothing here relies on. */

/** What a filter looks at. */
export interface Filtered {
  readonly state: string;
  readonly displayName: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Thrown for a text that is no filter. */
export class NoFilter extends Error {
  override readonly name = "NoFilter";
}

const TOKEN = /\s*(?:(\()|(\))|(AND|OR)\b|([A-Za-z_][\w.]*)\s*(=|!=|:)\s*(?:"([^"]*)"|([\w*]+)))/y;

/** Whether something passes. An empty filter lets everything pass. */
export function filterOf(text: string): (one: Filtered) => boolean {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return () => true;
  const [test, rest] = anyOf(tokens);
  if (rest.length > 0) throw new NoFilter(`unexpected ${rest[0]?.[0]}`);
  return test;
}

type Test = (one: Filtered) => boolean;
type Tokens = readonly RegExpExecArray[];

function tokensOf(text: string): Tokens {
  const tokens: RegExpExecArray[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (token === null) throw new NoFilter(`could not be read at character ${at}`);
    tokens.push(token);
  }
  return tokens;
}

function anyOf(tokens: Tokens): [Test, Tokens] {
  let [test, rest] = allOf(tokens);
  while (rest[0]?.[3] === "OR") {
    const [left, [right, after]] = [test, allOf(rest.slice(1))];
    [test, rest] = [(one) => left(one) || right(one), after];
  }
  return [test, rest];
}

function allOf(tokens: Tokens): [Test, Tokens] {
  let [test, rest] = single(tokens);
  while (rest[0]?.[3] === "AND") {
    const [left, [right, after]] = [test, single(rest.slice(1))];
    [test, rest] = [(one) => left(one) && right(one), after];
  }
  return [test, rest];
}

function single([token, ...rest]: Tokens): [Test, Tokens] {
  if (token === undefined) throw new NoFilter("it ends too early");
  if (token[1] !== undefined) {
    const [inner, [close, ...after]] = anyOf(rest);
    if (close?.[2] === undefined) throw new NoFilter("a bracket is not closed");
    return [inner, after];
  }
  const [, , , , field = "", operator = "", quoted, bare] = token;
  return [comparison(field, operator, quoted ?? bare ?? ""), rest];
}

function comparison(field: string, operator: string, value: string): Test {
  const label = /^labels\.([a-z0-9_-]+)$/.exec(field)?.[1];
  if (label !== undefined && operator === ":" && value === "*") return ({ labels }) => Object.hasOwn(labels, label);
  if (label !== undefined && operator === "=") return ({ labels }) => labels[label] === value;
  if (field === "state" && operator === "=") return ({ state }) => state === value;
  if (field === "state" && operator === "!=") return ({ state }) => state !== value;
  if (field === "display_name" && operator === "=") return ({ displayName }) => displayName === value;
  throw new NoFilter(`${field} ${operator} is not supported`);
}
