import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";
import { type CrashPoint, type ProxiedDynamo, proxiedDynamo } from "../support/dynamodb-proxy.ts";
import { seededRandom } from "../support/random.ts";
import { tableReader } from "../support/table-reader.ts";

/** Short leases, so that what a killed dispatcher held is soon free; the protocol is the same. */
const TIMING = "timing: {deadline_seconds: 4, lease_slack_seconds: 1, visibility_seconds: 5, wait_scale: 0.02}";
const ROUNDS = 10;
const SEED = Number(process.env["SLIPWAY_SEED"] ?? Date.now() % 1_000_000);

let stack: DevStack | undefined;
let dynamo: ProxiedDynamo | undefined;
afterEach(async () => {
  await stack?.remove();
  await dynamo?.close();
  dynamo = undefined;
});

/** A run that writes its id into the file, in one append. */
function appending(id: string, file: string): object {
  return { id, command: ["/bin/sh", "-c", `echo ${id} >> ${file}`], run_config: { type: "LocalRun" } };
}

async function expectOnceEach(ids: readonly string[], file: string, runs: readonly Record<string, unknown>[]): Promise<void> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const odd = runs.filter((run) => run["state"] !== "SUCCEEDED" || lines.filter((line) => line === run["id"]).length !== 1);
  expect(odd, `each succeeded, and ran once (seed ${SEED})`).toEqual([]);
  expect(lines.toSorted()).toEqual([...ids].toSorted());
}

test(`200 runs, the dispatcher killed at random moments in ${ROUNDS} rounds: each once, every record terminal (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  stack = await DevStack.create(`targets: [{name: local, type: local}]\n${TIMING}\n`);
  const file = join(stack.folder, "ids");
  const ids = Array.from({ length: 200 }, (_, index) => `random-${index}`);
  for (let round = 0; round < ROUNDS; round++) {
    await stack.start();
    const send = await stack.sender();
    const mine = ids.slice(round * 20, (round + 1) * 20);
    await Promise.all(mine.map((id) => send(appending(id, file))));
    await new Promise((resolve) => setTimeout(resolve, random() * 1200));
    await stack.end("SIGKILL");
  }
  await stack.start();
  await finished(ids, stack);
  const { endpoints, table } = await stack.stackFile();
  await expectOnceEach(ids, file, await tableReader(endpoints.dynamodb, table).runs());
}, 120_000);

const POINTS: readonly CrashPoint[] = [
  { write: "claim", when: "before" },
  { write: "claim", when: "after" },
  { write: "record", when: "before" },
  { write: "record", when: "after" },
];

test(`the dispatcher killed before and after the claim, and before and after the record of a started wrapper, ${ROUNDS} times: each once`, async () => {
  dynamo = await proxiedDynamo();
  const aws = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    SLIPWAY_TABLE: "runs",
  };
  stack = await DevStack.create(`targets: [{name: local, type: local}]\n${TIMING}\n`, aws);
  const file = join(stack.folder, "ids");
  const ids = Array.from({ length: 100 }, (_, index) => `planted-${index}`);
  for (let round = 0; round < ROUNDS; round++) {
    await stack.start();
    const send = await stack.sender();
    const current = stack;
    const crashed = new Promise<void>((resolve) =>
      dynamo?.plant(POINTS[round % POINTS.length] as CrashPoint, () => {
        current.kill();
        resolve();
      }),
    );
    const mine = ids.slice(round * 10, (round + 1) * 10);
    await Promise.all(
      mine.map((id) => send(appending(id, file)).catch(() => send(appending(id, file)))).map((sent) => sent.catch(() => undefined)),
    );
    await crashed;
    await stack.end("SIGKILL");
  }
  await stack.start();
  const send = await stack.sender();
  // A message that the killed queue never took is the sender's to repeat; repeating all of them must be harmless.
  await Promise.all(ids.map((id) => send(appending(id, file))));
  await finished(ids, stack, dynamo.direct);
  const { table } = await stack.stackFile();
  await expectOnceEach(ids, file, await tableReader(dynamo.direct, table).runs());
}, 120_000);

async function finished(ids: readonly string[], running: DevStack, endpoint?: string): Promise<void> {
  const { endpoints, table } = await running.stackFile();
  const reader = tableReader(endpoint ?? endpoints.dynamodb, table);
  const open = async () => {
    const runs = await reader.runs();
    const over = new Set(runs.filter((run) => run["ended_at"] !== undefined).map((run) => run["id"]));
    return { left: ids.filter((id) => !over.has(id)), runs };
  };
  const look = async () => ((await open()).left.length === 0 ? true : undefined);
  await reader.until(look, 40, async () => {
    const { left, runs } = await open();
    return `seed ${SEED}, not ended: ${JSON.stringify(left.map((id) => runs.find((run) => run["id"] === id) ?? id))}`;
  });
}

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
    `targets:\n  - {name: ${first}, type: local, labels: [a]}\n  - {name: ${second}, type: local, labels: [b]}\n${TIMING}\n`;
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
  await stack.configure(`targets:\n  - {name: one, type: local, labels: [c]}\n  - {name: two, type: local, labels: [a, b]}\n${TIMING}\n`);
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
