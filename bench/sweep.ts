/** What sweeps read and call with 500 active runs on four targets, beside 10,000 and 100,000 stored ones: the same, or it fails. */

import { marshall } from "@aws-sdk/util-dynamodb";
import { composeFrom } from "../functions/compose.ts";
import { handler as dispatch } from "../functions/dispatch.ts";
import { lambdaContext } from "../functions/local/lambda-context.ts";
import { handler as sweep } from "../functions/sweep.ts";
import { systemClock } from "../shared/adapters/clock.ts";
import { runKey, shardOf } from "../shared/core/identity.ts";
import { ACTIVE_SHARDS, RECENT_SHARDS } from "../shared/core/new-run.ts";
import { startEcsDouble } from "../test/doubles/ecs/ecs-double.ts";
import { carrier } from "../test/harness/carrier.ts";
import { type DynamoDouble, dynamoDouble } from "../test/harness/dynamo-double.ts";

const ACTIVE = 500;
const STORED = process.argv[2] === undefined ? [10_000, 100_000] : process.argv.slice(2).map(Number);
/** Long enough for every place to be gone through twice. */
const SWEEPS = 12;
const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "AKIATESTER", secretAccessKey: "secret" };
const CLUSTERS = ["one", "two", "three", "four"];
const MINUTE = 60_000;

const TICK = {
  id: "tick",
  version: "0",
  account: "000000000000",
  time: "2026-01-05T12:00:00Z",
  region: REGION,
  resources: [],
  source: "aws.events",
  "detail-type": "Scheduled Event" as const,
  detail: {},
};

Object.assign(process.env, { AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey });

const counted = [];
for (const stored of STORED) counted.push(await countedWith(stored));
for (const { stored, counts, seconds } of counted) {
  console.log(
    `${stored} stored, ${ACTIVE} active, ${SWEEPS} sweeps: ${JSON.stringify(counts)}; ${(seconds / SWEEPS).toFixed(2)} s a sweep`,
  );
}
const [first, ...others] = counted.map(({ counts }) => JSON.stringify(counts));
if (others.every((other) => other === first)) console.log("the same, whatever is stored");
else {
  console.error("the counts are not the same");
  process.exitCode = 1;
}

/** Counts what the sweeps do beside so many stored runs. */
async function countedWith(stored: number) {
  const table = dynamoDouble("runs");
  fill(table, stored);
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const ecs = await startEcsDouble({ clock: { now }, clusters: CLUSTERS, buckets: false, provisioningLimit: Number.POSITIVE_INFINITY });
  const counts: Record<string, number> = {};
  const count = (what: string, more = 1) => {
    counts[what] = (counts[what] ?? 0) + more;
  };
  composeFrom({
    environment: { AWS_REGION: REGION, SLIPWAY_CONFIG: configuration(ecs.endpoint) },
    clock: { ...systemClock, now },
    requestHandler: counting(table, count),
    log: { debug() {}, info() {}, warn: (facts) => console.error(facts), error: (facts, event) => console.error(event, facts) },
  });
  await launch();
  for (const name of Object.keys(counts)) delete counts[name];
  const before = new Map(["DescribeTasks", "ListTasks", "StopTask", "RunTask"].map((name) => [name, asked(name)]));
  const startedAt = performance.now();
  for (let done = 0; done < SWEEPS; done++) {
    ahead += MINUTE;
    const swept = await sweep(TICK, lambdaContext("sweep", 30));
    if ("skipped" in swept || !swept.complete || swept.unanswered > 0) throw new Error(JSON.stringify(swept));
    count("inspected", swept.inspected);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  for (const [name, calls] of before) if (asked(name) > calls) count(`ecs:${name}`, asked(name) - calls);
  await ecs.close();
  return { stored, counts, seconds };

  function asked(operation: string): number {
    return ecs.requests.filter((request) => request.operation === operation).length;
  }
}

function configuration(endpoint: string): string {
  const network = { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } };
  const targets = CLUSTERS.map((name) => ({
    name,
    type: "ecs",
    region: REGION,
    endpoint,
    cluster: name,
    labels: [name],
    image: "example/job:1",
    run_task_kwargs: network,
  }));
  return JSON.stringify({ targets, table: "runs", queue: "http://127.0.0.1:9/queue" });
}

async function launch(): Promise<void> {
  for (let from = 0; from < ACTIVE; from += 10) {
    const Records = Array.from({ length: 10 }, (_, index) => ({
      messageId: `message-${from + index}`,
      receiptHandle: "receipt",
      body: JSON.stringify({
        id: `active-${from + index}`,
        command: ["work"],
        run_config: { type: "ECSRun", labels: [CLUSTERS[(from + index) % CLUSTERS.length]] },
      }),
      attributes: { ApproximateReceiveCount: "1", SentTimestamp: "0", SenderId: "bench", ApproximateFirstReceiveTimestamp: "0" },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:slipway",
      awsRegion: REGION,
    }));
    const { batchItemFailures } = await dispatch({ Records }, lambdaContext("dispatch", 60));
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed`);
  }
}

/** Hands the SDK's requests to the table's double, and counts them, and the items that queries read. */
function counting(table: DynamoDouble, count: (what: string, more?: number) => void) {
  return carrier(async ({ operation, body }) => {
    count(operation);
    const reply = table.answer(operation, body);
    if (operation === "Query") count("items read by Query", (reply.body as { readonly Items?: readonly unknown[] }).Items?.length ?? 0);
    return reply;
  });
}

/** Stores runs that have ended. */
function fill(table: DynamoDouble, stored: number): void {
  const at = Date.now() - 30 * MINUTE;
  for (let index = 0; index < stored; index++) {
    const key = runKey(`stored-${index}`);
    const attributes = Object.entries({
      id: `stored-${index}`,
      state: index % 5 === 0 ? "FAILED" : "SUCCEEDED",
      attempt: 1,
      digest: "d",
      target: CLUSTERS[index % CLUSTERS.length],
      handle: `arn:aws:ecs:${REGION}:111122223333:task/one/${key}`,
      created_at: at - index,
      ended_at: at,
      active_shard: `a#${shardOf(key, ACTIVE_SHARDS)}`,
      recent_shard: `20260105#${shardOf(key, RECENT_SHARDS)}`,
    });
    const written = table.answer(
      "UpdateItem",
      JSON.stringify({
        TableName: "runs",
        Key: { pk: { S: `run#${key}` } },
        UpdateExpression: `SET ${attributes.map((_, at) => `#${at} = :${at}`).join(", ")}`,
        ExpressionAttributeNames: Object.fromEntries(attributes.map(([name], at) => [`#${at}`, name])),
        ExpressionAttributeValues: marshall(Object.fromEntries(attributes.map(([, value], at) => [`:${at}`, value]))),
      }),
    );
    if (written.status !== 200) throw new Error(JSON.stringify(written.body));
  }
}
