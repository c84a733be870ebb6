import type { RunAttribute } from "../core/record.ts";
import type { Condition, Write } from "../core/write.ts";
import { attributeName } from "./attributes.ts";

/** The parts of an UpdateItem that carry out a write. */
export interface UpdateExpression {
  readonly ConditionExpression: string;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, unknown>;
}

/** Translates a write into DynamoDB's expressions. */
export function updateExpression(write: Write): UpdateExpression {
  const names = new Map<string, string>();
  const values: Record<string, unknown> = {};
  const name = (attribute: RunAttribute) => {
    const known = names.get(attribute) ?? `#${names.size}`;
    names.set(attribute, known);
    return known;
  };
  const value = (operand: unknown) => {
    const placeholder = `:${Object.keys(values).length}`;
    values[placeholder] = operand;
    return placeholder;
  };
  const condition = conditionExpression(write.condition, name, value);
  const sets = entries(write.set).map(([attribute, operand]) => `${name(attribute)} = ${value(operand)}`);
  for (const [attribute, operand] of entries(write.setOnce ?? {})) {
    sets.push(`${name(attribute)} = if_not_exists(${name(attribute)}, ${value(operand)})`);
  }
  for (const [attribute, amount] of entries(write.add ?? {})) {
    sets.push(`${name(attribute)} = if_not_exists(${name(attribute)}, ${value(0)}) + ${value(amount)}`);
  }
  const append = (list: RunAttribute, entry: object) =>
    sets.push(`${name(list)} = list_append(if_not_exists(${name(list)}, ${value([])}), ${value([entry])})`);
  if (write.append) append("timeline", write.append);
  if (write.announce) append("unpublished", write.announce);
  const removes = (write.remove ?? []).map(name);
  return {
    ConditionExpression: condition,
    UpdateExpression: [sets.length > 0 ? `SET ${sets.join(", ")}` : "", removes.length > 0 ? `REMOVE ${removes.join(", ")}` : ""]
      .join(" ")
      .trim(),
    ExpressionAttributeNames: Object.fromEntries([...names].map(([attribute, key]) => [key, attributeName(attribute as RunAttribute)])),
    ExpressionAttributeValues: values,
  };
}

/** What is set of a record; `undefined` values and the key itself are left out. */
function entries(part: object): [RunAttribute, unknown][] {
  return Object.entries(part).filter(([attribute, operand]) => operand !== undefined && attribute !== "key") as [RunAttribute, unknown][];
}

function conditionExpression(condition: Condition, name: (attribute: RunAttribute) => string, value: (operand: unknown) => string): string {
  switch (condition.op) {
    case "absent":
      return `attribute_not_exists(${name(condition.attribute)})`;
    case "present":
      return `attribute_exists(${name(condition.attribute)})`;
    case "equals":
      return `${name(condition.attribute)} = ${value(condition.value)}`;
    case "below":
      return `${name(condition.attribute)} < ${value(condition.value)}`;
    case "in":
      return `${name(condition.attribute)} IN (${condition.values.map(value).join(", ")})`;
    case "all":
    case "any": {
      const parts = condition.of.map((part) => conditionExpression(part, name, value));
      return `(${parts.join(condition.op === "all" ? " AND " : " OR ")})`;
    }
    default: {
      const unhandled: never = condition;
      return unhandled;
    }
  }
}
