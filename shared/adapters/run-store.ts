import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { StateUnavailable } from "../core/errors.ts";
import { ACTIVE_SHARDS } from "../core/new-run.ts";
import type { RunStore, WriteResult } from "../core/ports.ts";
import type { ActiveRun, RunRecord } from "../core/record.ts";
import type { Write } from "../core/write.ts";
import { recordOf, runPrimaryKey, wireValues } from "./attributes.ts";
import { updateExpression } from "./expression.ts";
import { ACTIVE_INDEX } from "./table.ts";

/** Most runs of one part of the index that one sweep takes up; the rest waits for the next. */
const DUE_PER_SHARD = 250;

/** The run table on DynamoDB. */
export function dynamoRunStore(client: DynamoDBClient, table: string): RunStore {
  return {
    read: (key) => reached("the run table could not be read", () => readItem(client, table, key)),
    write: (key, write) => reached("the run table could not be written", () => writeItem(client, table, key, write)),
    due: (now) => dueRuns(client, table, now),
  };
}

async function reached<Result>(message: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw new StateUnavailable(message, { cause });
  }
}

async function readItem(client: DynamoDBClient, table: string, key: string): Promise<RunRecord | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: runPrimaryKey(key), ConsistentRead: true }));
  return Item === undefined ? undefined : recordOf(Item);
}

async function writeItem(client: DynamoDBClient, table: string, key: string, write: Write): Promise<WriteResult> {
  const { ExpressionAttributeValues, ...expression } = updateExpression(write);
  const isNew = write.condition.op === "absent" && write.condition.attribute === "key" && write.announce === undefined;
  try {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: runPrimaryKey(key),
        ...expression,
        ExpressionAttributeValues: wireValues(ExpressionAttributeValues),
        // A new item is what the write says: nobody needs to send it back.
        ReturnValues: isNew ? "NONE" : "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return { applied: true, item: isNew ? newItem(key, write) : recordOf(Attributes ?? {}) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // Not every DynamoDB sends the item with the exception.
    return { applied: false, item: error.Item ? recordOf(error.Item) : await readItem(client, table, key) };
  }
}

function newItem(key: string, { set, append }: Write): RunRecord {
  return { ...set, key, ...(append === undefined ? {} : { timeline: [append] }) } as RunRecord;
}

async function* dueRuns(client: DynamoDBClient, table: string, now: number): AsyncIterable<ActiveRun> {
  // Another part first each time: a sweep that does not reach the end must not leave the same runs behind for ever.
  const first = Math.floor(now / 1000) % ACTIVE_SHARDS;
  const shards = Array.from({ length: ACTIVE_SHARDS }, (_, index) => `a#${(first + index) % ACTIVE_SHARDS}`);
  const pages = shards.map((shard) =>
    client.send(
      new QueryCommand({
        TableName: table,
        IndexName: ACTIVE_INDEX,
        KeyConditionExpression: "active_shard = :shard AND next_check_at <= :now",
        ExpressionAttributeValues: { ":shard": { S: shard }, ":now": { N: String(now) } },
        Limit: DUE_PER_SHARD,
      }),
    ),
  );
  const settled = await reached("the index of active runs could not be read", () => Promise.all(pages));
  for (const { Items = [] } of settled) for (const item of Items) yield recordOf<ActiveRun>(item);
}
