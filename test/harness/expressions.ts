/** Exactly the expressions that our adapters write, evaluated as DynamoDB does. Whatever else there is in its language is an error here. */
import { ExpressionError, Tokens } from "./tokens.ts";
import { equal, order, type WireItem, type WireValue } from "./wire.ts";

/** What placeholders stand for, and which of them were used. */
export class Placeholders {
  private readonly names: Readonly<Record<string, string>>;
  private readonly values: WireItem;
  private readonly used = new Set<string>();

  constructor(names: Readonly<Record<string, string>> = {}, values: WireItem = {}) {
    this.names = names;
    this.values = values;
  }

  name(token: string): string {
    if (!token.startsWith("#")) return token;
    const name = this.names[token];
    if (name === undefined) throw new ExpressionError(`the name ${token} is not defined`);
    this.used.add(token);
    return name;
  }

  value(token: string): WireValue {
    const value = this.values[token];
    if (value === undefined) throw new ExpressionError(`the value ${token} is not defined`);
    this.used.add(token);
    return value;
  }

  /** DynamoDB refuses what is defined and not used. */
  checkUse(): void {
    for (const token of [...Object.keys(this.names), ...Object.keys(this.values)]) {
      if (!this.used.has(token)) throw new ExpressionError(`${token} is defined and not used`);
    }
  }
}

type Test = (item: WireItem, given: Placeholders) => boolean;
type Operand = (item: WireItem, given: Placeholders) => WireValue | undefined;
type Change = { readonly attribute: string; readonly value: Operand | undefined };

/** The same few expressions come again and again. */
function once<Parsed>(parse: (text: string) => Parsed): (text: string) => Parsed {
  const known = new Map<string, Parsed>();
  return (text) => {
    const parsed = known.get(text) ?? parse(text);
    known.set(text, parsed);
    return parsed;
  };
}

/** Whether a condition holds of an item; one that does not exist has no attributes. */
export const condition: (text: string) => Test = once((text) => {
  const tokens = new Tokens(text);
  const test = alternatives(tokens);
  tokens.end();
  return test;
});

function alternatives(tokens: Tokens): Test {
  const tests = [conjunction(tokens)];
  while (tokens.takeIf("OR")) tests.push(conjunction(tokens));
  // Every part is looked at, so that its placeholders count as used.
  return (item, given) => tests.map((test) => test(item, given)).includes(true);
}

function conjunction(tokens: Tokens): Test {
  const tests = [comparison(tokens)];
  while (tokens.takeIf("AND")) tests.push(comparison(tokens));
  return (item, given) => !tests.map((test) => test(item, given)).includes(false);
}

function comparison(tokens: Tokens): Test {
  if (tokens.takeIf("(")) {
    const inner = alternatives(tokens);
    tokens.expect(")");
    return inner;
  }
  for (const [name, wanted] of [
    ["attribute_exists", true],
    ["attribute_not_exists", false],
  ] as const) {
    if (!tokens.takeIf(name)) continue;
    tokens.expect("(");
    const attribute = tokens.attribute();
    tokens.expect(")");
    return (item, given) => (item[given.name(attribute)] !== undefined) === wanted;
  }
  const attribute = tokens.attribute();
  const operator = tokens.take();
  if (operator === "IN") {
    const values = list(tokens);
    return (item, given) => {
      const value = item[given.name(attribute)];
      return values.map((token) => given.value(token)).filter((candidate) => value !== undefined && equal(value, candidate)).length > 0;
    };
  }
  const value = tokens.value();
  const holds = COMPARISONS[operator];
  if (holds === undefined) throw new ExpressionError(`unknown operator ${operator}`);
  return (item, given) => {
    const [left, right] = [item[given.name(attribute)], given.value(value)];
    return left !== undefined && holds(left, right);
  };
}

const COMPARISONS: Readonly<Record<string, (left: WireValue, right: WireValue) => boolean>> = {
  "=": equal,
  "<": (left, right) => (order(left, right) ?? 0) < 0,
  "<=": (left, right) => (order(left, right) ?? 1) <= 0,
};

function list(tokens: Tokens): readonly string[] {
  tokens.expect("(");
  const values = [tokens.value()];
  while (tokens.takeIf(",")) values.push(tokens.value());
  tokens.expect(")");
  return values;
}

/** The item after an update. Every operand is taken from the item as it was. */
export function updated(text: string, item: WireItem, given: Placeholders): WireItem {
  const changes = update(text).map(({ attribute, value }) => ({
    name: given.name(attribute),
    value: value?.(item, given),
    removed: value === undefined,
  }));
  const names = changes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ExpressionError(`two document paths overlap: ${twice}`);
  if (names.includes("pk")) throw new ExpressionError("a key can't be changed");
  const next: Record<string, WireValue> = { ...item };
  for (const { name, value, removed } of changes) {
    if (removed) delete next[name];
    else if (value === undefined) throw new ExpressionError(`an operand of ${name} is an attribute that the item does not have`);
    else next[name] = value;
  }
  return next;
}

const update: (text: string) => readonly Change[] = once((text) => {
  const tokens = new Tokens(text);
  const changes: Change[] = [];
  if (tokens.takeIf("SET")) {
    do {
      const attribute = tokens.attribute();
      tokens.expect("=");
      changes.push({ attribute, value: sum(tokens) });
    } while (tokens.takeIf(","));
  }
  if (tokens.takeIf("REMOVE")) {
    do changes.push({ attribute: tokens.attribute(), value: undefined });
    while (tokens.takeIf(","));
  }
  tokens.end();
  if (changes.length === 0) throw new ExpressionError("an update that changes nothing");
  return changes;
});

function sum(tokens: Tokens): Operand {
  const left = operand(tokens);
  if (!tokens.takeIf("+")) return left;
  const right = operand(tokens);
  return (item, given) => {
    const [one, other] = [left(item, given), right(item, given)];
    if (one === undefined || other === undefined || !("N" in one) || !("N" in other)) throw new ExpressionError("only numbers are added");
    return { N: String(Number(one.N) + Number(other.N)) };
  };
}

function operand(tokens: Tokens): Operand {
  if (tokens.takeIf("if_not_exists")) {
    tokens.expect("(");
    const attribute = tokens.attribute();
    tokens.expect(",");
    const value = tokens.value();
    tokens.expect(")");
    return (item, given) => {
      const otherwise = given.value(value);
      return item[given.name(attribute)] ?? otherwise;
    };
  }
  if (tokens.takeIf("list_append")) {
    tokens.expect("(");
    const front = operand(tokens);
    tokens.expect(",");
    const back = operand(tokens);
    tokens.expect(")");
    return (item, given) => {
      const [one, other] = [front(item, given), back(item, given)];
      if (one === undefined || other === undefined || !("L" in one) || !("L" in other))
        throw new ExpressionError("only lists are appended");
      return { L: [...one.L, ...other.L] };
    };
  }
  const value = tokens.value();
  return (_item, given) => given.value(value);
}
