import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { StateUnavailable } from "../core/errors.ts";
import type { SharedClaim, SharedNames } from "../core/launcher.ts";

/** Names that are shared by all dispatchers, as items of the run table. A value that is known is read with one look-up. */
export function dynamoSharedNames(client: DynamoDBDocumentClient, table: string): SharedNames {
  const key = (name: string) => ({ pk: `shared#${name}` });
  const read = async (name: string) => (await client.send(new GetCommand({ TableName: table, Key: key(name), ConsistentRead: true }))).Item;
  const update = async (name: string, parts: { set: string; condition: string; values: Record<string, unknown> }): Promise<boolean> => {
    try {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(name),
          UpdateExpression: parts.set,
          ConditionExpression: parts.condition,
          ExpressionAttributeNames: { "#owner": "owner", "#value": "value" },
          ExpressionAttributeValues: parts.values,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  const reached = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    try {
      return await call();
    } catch (cause) {
      throw new StateUnavailable("the names shared by all dispatchers could not be reached", { cause });
    }
  };
  return {
    claim: (name, owner, now, leaseUntil) =>
      reached(async (): Promise<SharedClaim> => {
        const item = await read(name);
        if (typeof item?.["value"] === "string") return { status: "made", value: item["value"] };
        const claimed = await update(name, {
          set: "SET #owner = :owner, lease_until = :until",
          condition: "attribute_not_exists(#value) AND (attribute_not_exists(#owner) OR #owner = :owner OR lease_until < :now)",
          values: { ":owner": owner, ":until": leaseUntil, ":now": now },
        });
        // Our own claim too: whoever still holds one does not know what became of the making.
        const takenOver = item?.["owner"] !== undefined;
        return claimed ? { status: "ours", takenOver } : { status: "busy" };
      }),
    settle: (name, owner, value) =>
      reached(async () => {
        const condition = "#owner = :owner";
        if (value === undefined) await updateWithout(update, name, condition, owner);
        else
          await update(name, {
            set: "SET #value = :value REMOVE #owner, lease_until",
            condition,
            values: { ":value": value, ":owner": owner },
          });
      }),
    forget: (name, value) =>
      reached(async () => {
        await update(name, { set: "REMOVE #value, #owner, lease_until", condition: "#value = :value", values: { ":value": value } });
      }),
  };
}

/** Gives a claim back; DynamoDB refuses names that an expression does not use, so each is in it. */
async function updateWithout(
  update: (name: string, parts: { set: string; condition: string; values: Record<string, unknown> }) => Promise<boolean>,
  name: string,
  condition: string,
  owner: string,
): Promise<void> {
  await update(name, { set: "REMOVE #owner, lease_until, #value", condition, values: { ":owner": owner } });
}
