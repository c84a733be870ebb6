/** The run table as DynamoDB speaks it on the wire: the calls that our adapters make, and an error for any other. */
import { tableDefinition } from "../../shared/adapters/table.ts";
import { condition, Placeholders, updated } from "./expressions.ts";
import { ExpressionError } from "./tokens.ts";
import { order, type WireItem, type WireValue } from "./wire.ts";

/** What a service answers. */
export interface Reply {
  readonly status: number;
  readonly body: object;
  /** It breaks off on the way. */
  readonly cut?: boolean;
}

/** A table, open to the test. */
export interface DynamoDouble {
  readonly items: ReadonlyMap<string, WireItem>;
  /** Answers a call, by the operation's name. */
  answer(operation: string, body: string): Reply;
}

interface Request {
  readonly TableName: string;
  readonly Key?: WireItem;
  readonly ConsistentRead?: boolean;
  readonly IndexName?: string;
  readonly KeyConditionExpression?: string;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: WireItem;
  readonly ReturnValues?: "ALL_NEW" | "NONE";
  readonly ReturnValuesOnConditionCheckFailure?: "ALL_OLD";
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly ExclusiveStartKey?: WireItem;
}

/** The parameters that each operation may have here. */
const KNOWN: Readonly<Record<string, readonly (keyof Request)[]>> = {
  GetItem: ["TableName", "Key", "ConsistentRead"],
  Query: [
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "ExpressionAttributeValues",
    "Limit",
    "ScanIndexForward",
    "ExclusiveStartKey",
  ],
  UpdateItem: [
    "TableName",
    "Key",
    "UpdateExpression",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
  ],
};

/** An empty table of this name. `changed` hears of every write that was applied. */
export function dynamoDouble(table: string, changed: (before: WireItem | undefined, after: WireItem) => void = () => {}): DynamoDouble {
  const items = new Map<string, WireItem>();
  const indexes = new Map((tableDefinition(table).GlobalSecondaryIndexes ?? []).map((index) => [index.IndexName, indexOf(index)]));

  function get({ Key, ConsistentRead }: Request): Reply {
    if (ConsistentRead !== true) throw new ExpressionError("every read of ours is consistent");
    const item = items.get(keyOf(Key));
    return { status: 200, body: item === undefined ? {} : { Item: item } };
  }

  function update(request: Request): Reply {
    const key = keyOf(request.Key);
    const given = new Placeholders(request.ExpressionAttributeNames, request.ExpressionAttributeValues);
    const before = items.get(key);
    const holds = request.ConditionExpression === undefined || condition(request.ConditionExpression)(before ?? {}, given);
    const after = updated(request.UpdateExpression ?? "", before ?? { pk: { S: key } }, given);
    given.checkUse();
    if (!holds) {
      const old = request.ReturnValuesOnConditionCheckFailure === "ALL_OLD" && before !== undefined ? { Item: before } : {};
      return failure("ConditionalCheckFailedException", "The conditional request failed", old);
    }
    items.set(key, after);
    changed(before, after);
    return { status: 200, body: request.ReturnValues === "ALL_NEW" ? { Attributes: after } : {} };
  }

  function query(request: Request): Reply {
    const index = indexes.get(request.IndexName ?? "");
    if (index === undefined) throw new ExpressionError(`there is no index ${request.IndexName}`);
    const given = new Placeholders({}, request.ExpressionAttributeValues);
    const test = condition(request.KeyConditionExpression ?? "");
    // Without both keys an item is not in the index.
    const entries = [...items.values()].filter((item) => item[index.hash] !== undefined && item[index.range] !== undefined);
    test({}, given);
    given.checkUse();
    const found = entries
      .filter((item) => test(item, given))
      .sort((one, other) => order(at(one, index.range), at(other, index.range)) ?? 0);
    if (request.ScanIndexForward === false) found.reverse();
    const start = request.ExclusiveStartKey?.["pk"];
    const from = start === undefined ? 0 : found.findIndex((item) => order(at(item, "pk"), start) === 0) + 1;
    const page = found.slice(from, from + (request.Limit ?? found.length));
    const last = from + page.length < found.length ? page.at(-1) : undefined;
    const body = { Items: page.map((item) => projected(item, index.attributes)), Count: page.length };
    return {
      status: 200,
      body: last === undefined ? body : { ...body, LastEvaluatedKey: projected(last, ["pk", index.hash, index.range]) },
    };
  }

  return {
    items,
    answer(operation, body) {
      const request: Request = JSON.parse(body);
      try {
        const strange = Object.keys(request).filter((name) => !KNOWN[operation]?.some((known) => known === name));
        if (strange.length > 0) throw new ExpressionError(`this double does not know ${strange.join(", ")} of ${operation}`);
        if (request.TableName !== table) throw new ExpressionError(`there is no table ${request.TableName}`);
        switch (operation) {
          case "GetItem":
            return get(request);
          case "UpdateItem":
            return update(request);
          case "Query":
            return query(request);
          default:
            throw new ExpressionError(`this double does not know ${operation}`);
        }
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        return failure("ValidationException", error.message);
      }
    },
  };
}

function failure(code: string, message: string, more: object = {}): Reply {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message, ...more } };
}

function keyOf(key: WireItem | undefined): string {
  const { pk, ...more } = key ?? {};
  if (pk === undefined || !("S" in pk) || pk.S === "" || Object.keys(more).length > 0)
    throw new ExpressionError("the key does not match the table's");
  return pk.S;
}

function indexOf(index: NonNullable<ReturnType<typeof tableDefinition>["GlobalSecondaryIndexes"]>[number]) {
  const [hash = "", range = ""] = (index.KeySchema ?? []).map(({ AttributeName }) => AttributeName ?? "");
  return { hash, range, attributes: ["pk", hash, range, ...(index.Projection?.NonKeyAttributes ?? [])] };
}

function at(item: WireItem, attribute: string): WireValue {
  return item[attribute] ?? { NULL: true };
}

function projected(item: WireItem, attributes: readonly string[]): WireItem {
  return Object.fromEntries(Object.entries(item).filter(([name]) => attributes.includes(name)));
}
