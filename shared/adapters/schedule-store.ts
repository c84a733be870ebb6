import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import type { ScheduleState } from "../core/due.ts";
import { StateUnavailable } from "../core/errors.ts";
import { late } from "../core/late.ts";
import type { ScheduleStore } from "../core/tick.ts";
import { camelCased, snakeCase } from "../schema/naming.ts";

const SCHEDULE = "schedule#";
/** The item that lists the schedules of the last configuration; no schedule's name has a space. */
const KNOWN = `${SCHEDULE}all names`;

/** Most keys of one BatchGetItem. */
const BATCH = 100;

const time = () => z.optional(z.number());
const state = late(() =>
  z.object({
    rule: z.string(),
    last_due: z.number(),
    paused_at: time(),
    gone_at: time(),
    fired_at: time(),
    fired_id: z.optional(z.string()),
    missed: time(),
  }),
);
const names = late(() => z.object({ names: z.array(z.string()) }));

/** Schedules as items of the run table. */
export function dynamoScheduleStore(client: DynamoDBDocumentClient, table: string): ScheduleStore {
  const written = async (input: ConstructorParameters<typeof PutCommand>[0]): Promise<boolean> => {
    try {
      await client.send(new PutCommand(input));
      return true;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false;
      throw new StateUnavailable("a schedule could not be written", { cause });
    }
  };
  return {
    async read(asked) {
      const items = await readAll(client, table, [KNOWN, ...asked.map((name) => `${SCHEDULE}${name}`)]);
      const known = items.get(KNOWN);
      const found = asked.flatMap((name) => {
        const item = items.get(`${SCHEDULE}${name}`);
        return item === undefined ? [] : [[name, camelCased(state().parse(item)) as ScheduleState] as const];
      });
      return { states: new Map(found), known: known === undefined ? [] : names().parse(known).names };
    },
    change: (name, from, to) =>
      written({
        TableName: table,
        Item: { pk: `${SCHEDULE}${name}`, ...Object.fromEntries(Object.entries(to).map(([key, value]) => [snakeCase(key), value])) },
        ...(from === undefined ? { ConditionExpression: "attribute_not_exists(pk)" } : unchanged(from)),
      }),
    async remember(all) {
      await written({ TableName: table, Item: { pk: KNOWN, names: all } });
    },
  };
}

/** The item still says what was read: its rule, its last due time, and whether it is paused or gone. */
function unchanged({ rule, lastDue, pausedAt, goneAt }: ScheduleState) {
  const flag = (name: string, value: number | undefined) =>
    value === undefined ? `attribute_not_exists(${name})` : `attribute_exists(${name})`;
  return {
    ConditionExpression: `#rule = :rule AND last_due = :due AND ${flag("paused_at", pausedAt)} AND ${flag("gone_at", goneAt)}`,
    ExpressionAttributeNames: { "#rule": "rule" },
    ExpressionAttributeValues: { ":rule": rule, ":due": lastDue },
  };
}

async function readAll(client: DynamoDBDocumentClient, table: string, keys: readonly string[]): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  const left = [...keys];
  try {
    for (let tries = 0; left.length > 0; tries++) {
      if (tries > keys.length) throw new Error("the table gives none of the schedules");
      const Keys = left.splice(0, BATCH).map((pk) => ({ pk }));
      const answer = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }));
      for (const item of answer.Responses?.[table] ?? []) found.set(String(item["pk"]), item);
      // What it had no room for is asked for again.
      left.push(...(answer.UnprocessedKeys?.[table]?.Keys ?? []).map(({ pk }) => String(pk)));
    }
  } catch (cause) {
    throw new StateUnavailable("the schedules could not be read", { cause });
  }
  return found;
}
