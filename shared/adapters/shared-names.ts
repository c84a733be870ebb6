import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { StateUnavailable } from "../core/errors.ts";
import type { SharedClaim, SharedNames } from "../core/launcher.ts";
import { RECENT_INDEX } from "./table.ts";

const PREFIX = "shared#";

/** Names that are shared by all dispatchers, as items of the run table. A value that is known is read with one look-up. */
export function dynamoSharedNames(client: DynamoDBDocumentClient, table: string): SharedNames {
  const key = (name: string) => ({ pk: `${PREFIX}${name}` });
  const read = async (name: string) => (await client.send(new GetCommand({ TableName: table, Key: key(name), ConsistentRead: true }))).Item;
  const update = async (name: string, parts: { set: string; condition: string; values: Record<string, unknown> }): Promise<boolean> => {
    try {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(name),
          UpdateExpression: parts.set,
          ConditionExpression: parts.condition,
          ExpressionAttributeNames: namesIn(`${parts.set} ${parts.condition}`),
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
        const set = "REMOVE #value, #owner, lease_until, recent_shard, created_at";
        await update(name, { set, condition: "#value = :value", values: { ":value": value } });
      }),
    used: (name, value, group, now, notedSince) =>
      reached(async () => {
        // The index of recent runs serves these too: a run's part of it is a day, and no group is called like one.
        await update(name, {
          set: "SET recent_shard = :group, created_at = :now",
          condition: "#value = :value AND (attribute_not_exists(created_at) OR created_at < :since)",
          values: { ":value": value, ":group": group, ":now": now, ":since": notedSince },
        });
      }),
    unused: (group, before, most) =>
      reached(async () => {
        const { Items = [] } = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: RECENT_INDEX,
            KeyConditionExpression: "recent_shard = :group AND created_at < :before",
            ExpressionAttributeValues: { ":group": group, ":before": before },
            Limit: most,
          }),
        );
        const found = Items.map(({ pk }) => String(pk).slice(PREFIX.length));
        const items = await Promise.all(found.map(async (name) => ({ name, value: (await read(name))?.["value"] })));
        return items.flatMap(({ name, value }) => (typeof value === "string" ? [{ name, value }] : []));
      }),
    retire: (name, value, before) =>
      reached(() =>
        update(name, {
          set: "REMOVE #value, #owner, lease_until, recent_shard, created_at",
          condition: "#value = :value AND created_at < :before",
          values: { ":value": value, ":before": before },
        }),
      ),
  };
}

/** DynamoDB refuses names that an expression does not use. */
function namesIn(expression: string): Record<string, string> {
  const names = ["owner", "value"].filter((name) => expression.includes(`#${name}`));
  return Object.fromEntries(names.map((name) => [`#${name}`, name]));
}

/** Gives a claim back. */
async function updateWithout(
  update: (name: string, parts: { set: string; condition: string; values: Record<string, unknown> }) => Promise<boolean>,
  name: string,
  condition: string,
  owner: string,
): Promise<void> {
  await update(name, { set: "REMOVE #owner, lease_until, #value", condition, values: { ":owner": owner } });
}
