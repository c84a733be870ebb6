/** The run table in an emulator: made on first use, and mended after the emulator was killed. */
import { CreateTableCommand, type DynamoDBClient, ResourceInUseException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, paginateQuery, paginateScan, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { ACTIVE_SHARDS } from "../core/new-run.ts";
import { ACTIVE_INDEX, tableDefinition } from "./table.ts";

/** Makes the table where there is none. */
export async function ensureTable(client: DynamoDBClient, name: string): Promise<void> {
  try {
    await client.send(new CreateTableCommand(tableDefinition(name)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

/**
 * The emulator writes an item and its index entries one after the other, so a kill in between leaves an index that lacks a run, or
 * points to one as it never came to be. Writing each such item anew makes its entries anew. DynamoDB itself needs none of this.
 */
export async function repairActiveIndex(client: DynamoDBClient, name: string): Promise<void> {
  const documents = DynamoDBDocumentClient.from(client);
  const set = (pk: string, shard: unknown, at: unknown) =>
    documents.send(
      new UpdateCommand({
        TableName: name,
        Key: { pk },
        UpdateExpression: "SET active_shard = :shard, next_check_at = :at",
        ExpressionAttributeValues: { ":shard": shard, ":at": at },
      }),
    );
  for (let part = 0; part < ACTIVE_SHARDS; part++) {
    const shard = `a#${part}`;
    const input = {
      TableName: name,
      IndexName: ACTIVE_INDEX,
      KeyConditionExpression: "active_shard = :shard",
      ExpressionAttributeValues: { ":shard": shard },
    };
    const entries = [];
    for await (const { Items = [] } of paginateQuery({ client: documents }, input)) entries.push(...Items);
    for (const entry of entries) {
      const pk = String(entry["pk"]);
      const { Item } = await documents.send(new GetCommand({ TableName: name, Key: { pk }, ConsistentRead: true }));
      if (Item?.["next_check_at"] === entry["next_check_at"]) continue;
      // The item is made to be what the entry says, and then what it was: the emulator drops the entry on the way.
      await set(pk, shard, entry["next_check_at"]);
      if (Item === undefined) {
        // An empty item would pass for the tombstone of a cancel.
        await documents.send(new DeleteCommand({ TableName: name, Key: { pk } }));
        continue;
      }
      const restore =
        Item["next_check_at"] === undefined
          ? { UpdateExpression: "REMOVE next_check_at" }
          : { UpdateExpression: "SET next_check_at = :at", ExpressionAttributeValues: { ":at": Item["next_check_at"] } };
      await documents.send(new UpdateCommand({ TableName: name, Key: { pk }, ...restore }));
    }
  }
  const unfinished = {
    TableName: name,
    FilterExpression: "attribute_exists(next_check_at)",
    ProjectionExpression: "pk, active_shard, next_check_at",
  };
  for await (const { Items = [] } of paginateScan({ client: documents }, unfinished)) {
    for (const item of Items) await set(String(item["pk"]), item["active_shard"], item["next_check_at"]);
  }
}
