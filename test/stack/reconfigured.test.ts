import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";
import { type CrashPoint, type ProxiedDynamo, proxiedDynamo } from "../support/dynamodb-proxy.ts";
import { appending, SHORT_TIMING } from "../support/kills.ts";
import { tableReader } from "../support/table-reader.ts";

let stack: DevStack | undefined;
let dynamo: ProxiedDynamo | undefined;
afterEach(async () => {
  await stack?.remove();
  await dynamo?.close();
});

test("configuration changed between a lost answer and the retry: one launch, on the first target; renamed: none until the name is back", async () => {
  dynamo = await proxiedDynamo();
  const aws = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    SLIPWAY_TABLE: "runs",
  };
  const targets = (first: string, second: string) =>
    `targets:\n  - {name: ${first}, type: local, labels: [a]}\n  - {name: ${second}, type: local, labels: [b]}\n${SHORT_TIMING}\n`;
  stack = await DevStack.create(targets("one", "two"), aws);
  const file = join(stack.folder, "ids");
  const request = (id: string) => ({ ...appending(id, file), run_config: { type: "LocalRun", labels: ["a"] } });
  const lose = async (id: string, point: CrashPoint) => {
    await stack?.start();
    const crashed = new Promise<void>((resolve) =>
      dynamo?.plant(point, () => {
        stack?.kill();
        resolve();
      }),
    );
    await (await stack?.sender())?.(request(id));
    await crashed;
    await stack?.end("SIGKILL");
  };
  const runOf = async (id: string) => {
    const { table } = (await stack?.stackFile()) ?? { table: "" };
    return (await tableReader(dynamo?.direct ?? "", table).runs()).find((run) => run["id"] === id);
  };
  // The label moves from "one" to "two".
  await lose("moved", { write: "record", when: "before" });
  await stack.configure(
    `targets:\n  - {name: one, type: local, labels: [c]}\n  - {name: two, type: local, labels: [a, b]}\n${SHORT_TIMING}\n`,
  );
  await stack.start();
  const reader = tableReader(dynamo.direct, (await stack.stackFile()).table);
  const account = async () => JSON.stringify(await reader.runs());
  const moved = await reader.until(
    async () => ((await runOf("moved"))?.["ended_at"] === undefined ? undefined : runOf("moved")),
    30,
    account,
  );
  expect(moved).toMatchObject({ state: "SUCCEEDED", target: "one", attempt: 1 });
  await stack.end("SIGINT");
  // The target is renamed, in doubt after a claim that nobody heard of.
  await stack.configure(targets("one", "two"));
  await lose("renamed", { write: "claim", when: "after" });
  await stack.configure(targets("uno", "two"));
  await stack.start();
  const stays = await reader.until(
    async () => ((await runOf("renamed"))?.["error"] === undefined ? undefined : runOf("renamed")),
    30,
    account,
  );
  expect(stays).toMatchObject({ state: "LAUNCHING", target: "one", attempt: 1, error: { code: "TARGET_GONE" } });
  await stack.end("SIGINT");
  await stack.configure(targets("one", "two"));
  await stack.start();
  const back = await reader.until(
    async () => ((await runOf("renamed"))?.["ended_at"] === undefined ? undefined : runOf("renamed")),
    30,
    account,
  );
  expect(back).toMatchObject({ state: "SUCCEEDED", target: "one", attempt: 1 });
  expect((await readFile(file, "utf8")).trimEnd().split("\n").toSorted()).toEqual(["moved", "renamed"]);
}, 120_000);
