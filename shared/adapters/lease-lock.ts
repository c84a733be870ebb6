import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { StateUnavailable } from "../core/errors.ts";

/** A lock that its holder's end frees, at the latest when its lease ends. */
export interface LeaseLock {
  /** False where another holds it. */
  take(owner: string, now: number, leaseUntil: number): Promise<boolean>;
  release(owner: string): Promise<void>;
}

/** A lock as an item of the run table. */
export function dynamoLeaseLock(client: DynamoDBDocumentClient, table: string, name: string): LeaseLock {
  const update = async (UpdateExpression: string, ConditionExpression: string, values: Record<string, unknown>) => {
    try {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: `lock#${name}` },
          UpdateExpression,
          ConditionExpression,
          ExpressionAttributeNames: { "#owner": "owner" },
          ExpressionAttributeValues: values,
        }),
      );
      return true;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false;
      throw new StateUnavailable(`the lock "${name}" could not be written`, { cause });
    }
  };
  return {
    take: (owner, now, until) =>
      update("SET #owner = :owner, lease_until = :until", "attribute_not_exists(lease_until) OR lease_until < :now OR #owner = :owner", {
        ":owner": owner,
        ":until": until,
        ":now": now,
      }),
    release: async (owner) => {
      await update("REMOVE lease_until, #owner", "#owner = :owner", { ":owner": owner });
    },
  };
}
