/** The embedded stack killed between every two steps of accepting: what was answered with 202, or written, runs; nothing runs twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { afterEach, expect, test } from "vitest";
import { embeddedOptions } from "../../functions/composition/options.ts";
import { ensureQueue } from "../../shared/adapters/embedded-queue.ts";
import { type CrashProxy, crashProxy } from "../support/crash-proxy.ts";
import { DevStack } from "../support/dev-stack.ts";
import { type ProxiedDynamo, proxiedDynamo } from "../support/dynamodb-proxy.ts";
import { signedHeaders } from "../support/http-clients.ts";
import { appending, expectOnceEach, finished, SHORT_TIMING } from "../support/kills.ts";
import { tableReader } from "../support/table-reader.ts";

const CI = `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`;
const CONFIG = `
${SHORT_TIMING}
targets: [{name: local, type: local}]
http: {webhooks: [{name: ci, secrets: ["env:CI"], targets: ["*"]}]}
`;
const AT_ONCE = 6;

let stack: DevStack | undefined;
let dynamo: ProxiedDynamo | undefined;
let queues: FauxqsServer | undefined;
let queue: CrashProxy<"wake" | "other"> | undefined;
let folder = "";
afterEach(async () => {
  await stack?.remove();
  await dynamo?.close();
  await queue?.close();
  await queues?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The steps: the webhook's id is noted, the run is recorded, its wake-up is enqueued, the call is answered. */
type Point = "use" | "accept" | "wake";
const POINTS = (["use", "accept", "wake"] as const).flatMap((step) => (["before", "after"] as const).map((when) => ({ step, when })));

/** One try of a sender: whether it was told 202. */
async function post(url: string, id: string, file: string): Promise<boolean> {
  const body = JSON.stringify(appending(id, file));
  try {
    const answer = await fetch(`${url}/runs`, { method: "POST", headers: signedHeaders(CI, `msg-${id}`, body), body });
    return answer.status === 202;
  } catch {
    return false;
  }
}

test("killed before and after each step of accepting: no accepted request is lost, and none runs twice", async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-queue-"));
  dynamo = await proxiedDynamo();
  queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, dataDir: folder });
  queue = await crashProxy(`http://127.0.0.1:${queues.port}`, (target) => (target.endsWith("SendMessageBatch") ? "wake" : "other"));
  const made = await ensureQueue(new SQSClient(embeddedOptions(`http://127.0.0.1:${queues.port}`)), 5);
  stack = await DevStack.create(CONFIG, {
    CI,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SQS: queue.endpoint,
    SLIPWAY_TABLE: "runs",
    SLIPWAY_QUEUE: new URL(made.replace(/^https?:\/\/[^/]+/, ""), queue.endpoint).href,
  });
  const file = join(stack.folder, "ids");
  const all: string[] = [];
  const accepted: string[] = [];
  for (const [round, { step, when }] of POINTS.entries()) {
    await stack.start();
    const { endpoints } = await stack.stackFile();
    const current = stack;
    const crashed = new Promise<void>((resolve) => {
      const crash = () => {
        current.kill();
        resolve();
      };
      plant({ step, when }, crash);
    });
    const ids = Array.from({ length: AT_ONCE }, (_, index) => `${step}-${when}-${round}-${index}`);
    const told = await Promise.all(ids.map((id) => post(endpoints.http, id, file)));
    await crashed;
    await stack.end("SIGKILL");
    all.push(...ids);
    accepted.push(...ids.filter((_, index) => told[index]));
  }
  await stack.start();
  const reader = tableReader(dynamo.direct, "runs");
  // Nobody asks again: what was answered, and what was written, runs by itself.
  const written = (await reader.runs()).map((run) => String(run["id"]));
  expect(written).toEqual(expect.arrayContaining(accepted));
  await finished(written, stack, dynamo.direct);
  // A sender that was told nothing sends the same again.
  const { endpoints } = await stack.stackFile();
  for (const id of all) expect(await post(endpoints.http, id, file), id).toBe(true);
  await finished(all, stack, dynamo.direct);
  await expectOnceEach(all, file, await reader.runs(), "killed while accepting");
}, 120_000);

function plant({ step, when }: { readonly step: Point; readonly when: "before" | "after" }, crash: () => void): void {
  if (step === "wake") queue?.plant({ call: "wake", when }, crash);
  else dynamo?.plant({ write: step, when }, crash);
}
