/** 1,000 runs of `/bin/true` through the embedded queue, beside as many bare starts of a Node process: what Slipway adds. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { childCpuMilliseconds, type Measured, ownCpuMilliseconds } from "./measure.ts";

const RUNS = Number(process.argv[2] ?? 1000);
const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
const credentials = { accessKeyId: "any", secretAccessKey: "any" };

const dev = spawn(process.execPath, [resolve("functions/cli/slipway.mjs"), "dev"], {
  env: { PATH: process.env["PATH"], SLIPWAY_STATE: folder },
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  await new Promise<void>((ready, failed) => {
    let text = "";
    dev.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.includes("is ready")) ready();
    });
    dev.once("exit", (code) => failed(new Error(`slipway dev ended with ${code}`)));
  });
  const stack = JSON.parse(await readFile(join(folder, "stack.json"), "utf8"));
  const slipway = await slipwayRuns(stack, dev.pid ?? 0);
  const bare = await bareStarts();
  report("slipway, /bin/true", slipway);
  report("bare node -e 0    ", bare);
  console.log(
    `slipway / bare: ${(slipway.cpuMilliseconds / bare.cpuMilliseconds).toFixed(1)} times the CPU, dispatcher and emulators ${(slipway.dispatcherMilliseconds ?? 0).toFixed(1)} ms of it a run`,
  );
} finally {
  dev.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}

async function slipwayRuns(
  stack: { region: string; queue: string; table: string; endpoints: { sqs: string; dynamodb: string } },
  pid: number,
): Promise<Measured> {
  const sqs = new SQSClient({ endpoint: stack.endpoints.sqs, region: stack.region, credentials });
  const documents = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: stack.endpoints.dynamodb, region: stack.region, credentials }),
  );
  const own = await ownCpuMilliseconds(pid);
  const children = await childCpuMilliseconds(pid);
  const startedAt = performance.now();
  for (let from = 0; from < RUNS; from += 10) {
    const Entries = Array.from({ length: Math.min(10, RUNS - from) }, (_, index) => {
      const MessageBody = JSON.stringify({ id: `bench-${from + index}`, command: ["/bin/true"], run_config: { type: "LocalRun" } });
      return { Id: String(index), MessageBody };
    });
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.queue, Entries }));
  }
  for (;;) {
    const states = new Map<string, number>();
    for await (const { Items = [] } of paginateScan(
      { client: documents },
      { TableName: stack.table, ProjectionExpression: "#s", ExpressionAttributeNames: { "#s": "state" } },
    )) {
      for (const item of Items) states.set(String(item["state"]), (states.get(String(item["state"])) ?? 0) + 1);
    }
    if (states.get("SUCCEEDED") === RUNS) break;
    const failed = [...states.keys()].filter((state) => ["FAILED", "LOST", "REJECTED", "CANCELLED", "EXPIRED"].includes(state));
    if (failed.length > 0) throw new Error(`not all succeeded: ${JSON.stringify([...states])}`);
    await new Promise((resume) => setTimeout(resume, 500));
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const dispatcher = (await ownCpuMilliseconds(pid)) - own;
  const cpu = dispatcher + (await childCpuMilliseconds(pid)) - children;
  return { runs: RUNS, seconds, cpuMilliseconds: cpu / RUNS, dispatcherMilliseconds: dispatcher / RUNS };
}

async function bareStarts(): Promise<Measured> {
  const runs = Math.min(RUNS, 200);
  const before = await childCpuMilliseconds(process.pid);
  const startedAt = performance.now();
  const start = () => new Promise((ended) => spawn(process.execPath, ["-e", "0"]).once("exit", ended));
  let left = runs;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (left-- > 0) await start();
    }),
  );
  return {
    runs,
    seconds: (performance.now() - startedAt) / 1000,
    cpuMilliseconds: ((await childCpuMilliseconds(process.pid)) - before) / runs,
  };
}

function report(name: string, { runs, seconds, cpuMilliseconds }: Measured): void {
  console.log(
    `${name}: ${runs} in ${seconds.toFixed(1)} s = ${(runs / seconds).toFixed(1)} runs/s, ${cpuMilliseconds.toFixed(1)} ms CPU each`,
  );
}
