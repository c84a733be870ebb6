/** The exported dispatch handler, fed with batches of ten as Lambda feeds it. */
import { composeFrom } from "../../functions/compose.ts";
import { handler } from "../../functions/dispatch.ts";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import { CREDENTIALS, givenWork, measure, REGION } from "./work.ts";

const work = givenWork();
const network = { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } };
const target = { name: "prod", type: "ecs", region: REGION, endpoint: work.ecs, image: "example/job:1", run_task_kwargs: network };
Object.assign(process.env, { AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey });
const told = { launched: 0 };
const ignored = () => {};
composeFrom({
  environment: {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_DYNAMODB: work.dynamodb,
    SLIPWAY_CONFIG: JSON.stringify({ targets: [target], table: "runs", queue: "http://127.0.0.1:9/queue" }),
  },
  // The log's text is made and looked at, and goes nowhere.
  log: {
    debug: ignored,
    info: (facts) => {
      if (JSON.stringify(facts).includes('"outcome":"launched"')) told.launched++;
    },
    warn: ignored,
    error: (facts, event) => console.error(event, facts),
  },
});

async function launch(from: number, length: number): Promise<void> {
  const Records = Array.from({ length }, (_, index) => ({
    messageId: `message-${from + index}`,
    receiptHandle: "receipt",
    body: JSON.stringify({
      id: `bench-${from + index}`,
      flow: { name: "Bench", version: 1 },
      command: ["python", "-m", "jobs.etl"],
      run_config: { type: "ECSRun", env: { RUN: String(from + index) }, labels: [] },
    }),
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: "0", SenderId: "bench", ApproximateFirstReceiveTimestamp: "0" },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:slipway",
    awsRegion: REGION,
  }));
  const { batchItemFailures } = await handler({ Records }, lambdaContext("dispatch", 60));
  if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} of ${length} messages failed`);
}

await measure(work, launch, 10);
if (told.launched < work.launches) throw new Error(`of ${work.launches} messages only ${told.launched} were launched`);
