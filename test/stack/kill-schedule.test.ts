/** The embedded stack killed between every two steps of a schedule's tick: no due time is lost, none runs twice. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterEach, expect, test } from "vitest";
import { dueTimes } from "../../shared/adapters/due-times.ts";
import { dueId } from "../../shared/core/due.ts";
import { DevStack } from "../support/dev-stack.ts";
import { type CrashPoint, type ProxiedDynamo, proxiedDynamo } from "../support/dynamodb-proxy.ts";
import { SHORT_TIMING } from "../support/kills.ts";
import { tableReader } from "../support/table-reader.ts";

let stack: DevStack | undefined;
let dynamo: ProxiedDynamo | undefined;
afterEach(async () => {
  await stack?.remove();
  await dynamo?.close();
});

/** The steps of a tick: what is known is read, the run is enqueued, its due time is noted. */
const POINTS: readonly CrashPoint[] = [
  { write: "schedule read", when: "before" },
  { write: "schedule read", when: "after" },
  { write: "schedule write", when: "before" },
  { write: "schedule write", when: "after" },
];

const HOUR = 3_600_000;

test("killed between every two steps of a tick: the run of each due time is there, once", async () => {
  dynamo = await proxiedDynamo();
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: dynamo.direct, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } }),
  );
  const { direct } = dynamo;
  stack = await DevStack.create("", {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    SLIPWAY_TABLE: "runs",
  });
  const file = join(stack.folder, "runs");
  const request = { command: ["/bin/sh", "-c", `echo "$SLIPWAY_RUN_ID" >> ${file}`], run_config: { type: "LocalRun" } };
  // The last due time is half an hour ago, and the next half an hour ahead.
  const cron = `${new Date(Date.now() - HOUR / 2).getUTCMinutes()} * * * *`;
  const due = dueTimes(cron, "UTC").last(Date.now()) ?? 0;
  const owed: string[] = [];
  for (let round = 0; round < POINTS.length; round++) {
    // Others in each round: what was owed before is done. They were there before their due time, and slept through it.
    const names = ["one", "two", "three"].map((name) => `round-${round}-${name}`);
    const schedules = names.map((name) => ({ name, cron, request }));
    await stack.configure(`${SHORT_TIMING}\ntargets: [{name: local, type: local}]\nschedules: ${JSON.stringify(schedules)}\n`);
    for (const name of names) {
      const Item = { pk: `schedule#${name}`, rule: `${cron} UTC`, last_due: due - HOUR };
      await client.send(new PutCommand({ TableName: "runs", Item }));
    }
    const mine = names.map((name) => dueId(name, due));
    owed.push(...mine);
    const current = stack;
    const crashed = new Promise<void>((resolve) =>
      dynamo?.plant(POINTS[round % POINTS.length] as CrashPoint, () => {
        current.kill();
        resolve();
      }),
    );
    await stack.start().catch(() => undefined);
    await crashed;
    await stack.end("SIGKILL");
    await stack.start();
    const reader = tableReader(direct, "runs");
    const settled = async () => {
      const runs = await reader.runs();
      return mine.every((id) => runs.some((run) => run["id"] === id && run["state"] === "SUCCEEDED")) || undefined;
    };
    await reader.until(settled, 30, async () => JSON.stringify(await reader.runs()));
    await stack.end("SIGINT");
  }
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(lines.toSorted()).toEqual(owed.toSorted());
}, 240_000);
