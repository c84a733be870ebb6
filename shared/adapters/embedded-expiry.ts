import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, type DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import type { PayloadStore } from "./payload-store.ts";
import { payloadOf } from "./text-keeper.ts";

/** Removes what has expired, with the payloads that it names: the table of an emulator keeps everything. Answers how many items it was. */
export async function expireItems(client: DynamoDBDocumentClient, table: string, payloads: PayloadStore, now: number): Promise<number> {
  let removed = 0;
  const input = {
    TableName: table,
    FilterExpression: "expires_at < :now",
    ExpressionAttributeNames: { "#request": "request", "#body": "body" },
    ExpressionAttributeValues: { ":now": Math.floor(now / 1000) },
    ProjectionExpression: "pk, expires_at, #request, #body",
  };
  for await (const { Items = [] } of paginateScan({ client }, input)) {
    for (const { pk, expires_at: expiresAt, request, body } of Items) {
      // An observation or a reopen may have given it more time since.
      if (!(await deleted(client, table, String(pk), Number(expiresAt)))) continue;
      removed++;
      for (const kept of [request, body]) {
        const url = kept instanceof Uint8Array ? payloadOf(kept) : undefined;
        if (url !== undefined) await payloads.remove(url);
      }
    }
  }
  return removed;
}

async function deleted(client: DynamoDBDocumentClient, table: string, pk: string, expiresAt: number): Promise<boolean> {
  try {
    await client.send(
      new DeleteCommand({
        TableName: table,
        Key: { pk },
        ConditionExpression: "expires_at = :expires",
        ExpressionAttributeValues: { ":expires": expiresAt },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
