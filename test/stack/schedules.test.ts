/** Schedules of the embedded stack, from a start to the next, and `slipway schedules`. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterEach, expect, test } from "vitest";
import { dueTimes } from "../../shared/adapters/due-times.ts";
import { dueId } from "../../shared/core/due.ts";
import { DevStack } from "../support/dev-stack.ts";
import { tableReader } from "../support/table-reader.ts";

let stack: DevStack | undefined;
afterEach(() => stack?.remove());

const HOUR = 3_600_000;
const request = { command: ["true"], run_config: { type: "LocalRun" } };

test("what came due while the stack slept is asked for once at the next start, and `slipway schedules` tells of it", async () => {
  // The last due time is half an hour ago, and the next half an hour ahead.
  const cron = `${new Date(Date.now() - HOUR / 2).getUTCMinutes()} * * * *`;
  const times = dueTimes(cron, "UTC");
  const due = times.last(Date.now()) ?? 0;
  const schedules = [
    { name: "hourly", cron, request },
    { name: "paused", cron, enabled: false, request },
  ];
  stack = await DevStack.create(`targets: [{name: local, type: local}]\nschedules: ${JSON.stringify(schedules)}\n`);
  const slipway = stack;
  const next = new Date(times.next(Date.now()) ?? 0).toISOString();
  expect(JSON.parse((await slipway.cli(["schedules", "--json"])).stdout)).toMatchObject([
    { name: "hourly", cron, timezone: "UTC", enabled: true, next, last: null },
    { name: "paused", enabled: false, next: null, last: null },
  ]);

  await slipway.start();
  const { endpoints, table } = await slipway.stackFile();
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: endpoints.dynamodb, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } }),
  );
  const reader = tableReader(endpoints.dynamodb, table);
  const item = async () => (await client.send(new GetCommand({ TableName: table, Key: { pk: "schedule#hourly" } }))).Item;
  const begun = await reader.until(item, 20, async () => "it never began");
  expect(await reader.runs(), "a new schedule makes up for nothing").toEqual([]);
  // As after a sleep of three and a half hours.
  await client.send(new PutCommand({ TableName: table, Item: { ...begun, last_due: due - 3 * HOUR } }));
  const id = dueId("hourly", due);
  const ended = async () => (await reader.runs()).find((run) => run["id"] === id && run["ended_at"] !== undefined);
  expect(await reader.until(ended, 20, async () => JSON.stringify(await reader.runs()))).toMatchObject({ state: "SUCCEEDED" });

  const told = JSON.parse((await slipway.cli(["schedules", "--json"])).stdout);
  expect(told[0]).toMatchObject({ next, last: { id, due: new Date(due).toISOString(), missed: 2 } });
  const people = await slipway.cli(["schedules"]);
  expect(people.stdout).toContain(`${id} (2 before it missed)`);
  expect(people.stdout).toMatch(/paused .* paused/);
  expect(await reader.runs()).toHaveLength(1);
}, 180_000);
