import { type DynamoDBDocumentClient, GetCommand, paginateQuery } from "@aws-sdk/lib-dynamodb";
import type { KeptMessage } from "../core/ports.ts";
import { keptMessage, quarantineShard } from "./quarantine-item.ts";
import { RECENT_INDEX } from "./table.ts";

const DAY = 86_400_000;
/** How many items are read at once. */
const AT_ONCE = 20;

/** What the list shows; the text stays where it is. */
const SHOWN = [
  "id",
  "code",
  "issues",
  "source",
  "message_id",
  "run_id",
  "sender_targets",
  "cut",
  "seen",
  "redrives",
  "created_at",
  "last_seen_at",
];

/** The refused messages that first came within the last days, newest first. */
export async function quarantined(
  client: DynamoDBDocumentClient,
  table: string,
  now: number,
  days: number,
): Promise<readonly KeptMessage[]> {
  const keys: string[] = [];
  for (let day = 0; day <= days; day++) {
    const input = {
      TableName: table,
      IndexName: RECENT_INDEX,
      KeyConditionExpression: "recent_shard = :shard",
      ExpressionAttributeValues: { ":shard": quarantineShard(now - day * DAY) },
      ProjectionExpression: "pk",
      ScanIndexForward: false,
    };
    for await (const { Items = [] } of paginateQuery({ client }, input)) keys.push(...Items.map(({ pk }) => String(pk)));
  }
  const found: KeptMessage[] = [];
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    const items = await Promise.all(keys.slice(from, from + AT_ONCE).map((pk) => readShown(client, table, pk)));
    found.push(...items.flatMap((item) => item ?? []));
  }
  return found;
}

async function readShown(client: DynamoDBDocumentClient, table: string, pk: string): Promise<KeptMessage | undefined> {
  const { Item } = await client.send(
    new GetCommand({
      TableName: table,
      Key: { pk },
      ConsistentRead: true,
      ProjectionExpression: SHOWN.map((name) => `#${name}`).join(", "),
      ExpressionAttributeNames: Object.fromEntries(SHOWN.map((name) => [`#${name}`, name])),
    }),
  );
  return Item === undefined ? undefined : keptMessage(Item);
}
