/** Table and queue of the embedded stack, made ready in their emulators. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { deadLetterQueue, ensureQueue } from "../../shared/adapters/embedded-queue.ts";
import { ensureTable, repairActiveIndex } from "../../shared/adapters/embedded-table.ts";
import { embeddedOptions } from "./options.ts";

const EMBEDDED_TABLE = "slipway-runs";
const EMBEDDED_BUCKET = "slipway-payloads";

/** Makes the run table in the emulator, and mends its index after a kill. Answers its name. */
export async function prepareEmbeddedTable(endpoint: string, { repair }: { repair: boolean }): Promise<string> {
  const client = new DynamoDBClient(embeddedOptions(endpoint));
  await ensureTable(client, EMBEDDED_TABLE);
  if (repair) await repairActiveIndex(client, EMBEDDED_TABLE);
  client.destroy();
  return EMBEDDED_TABLE;
}

/** Makes the queue in the emulator. Answers its URL. */
export async function prepareEmbeddedQueue(endpoint: string, visibilitySeconds: number): Promise<string> {
  const client = new SQSClient(embeddedOptions(endpoint));
  const queue = await ensureQueue(client, visibilitySeconds);
  client.destroy();
  return reachable(queue, endpoint);
}

/** The URL of the queue of dead letters beside the emulator's. */
export async function embeddedDeadLetters(endpoint: string): Promise<string> {
  const client = new SQSClient(embeddedOptions(endpoint));
  const queue = await deadLetterQueue(client);
  client.destroy();
  return reachable(queue, endpoint);
}

/** The emulator names a host as AWS does (sqs.us-east-1.127.0.0.1), which no resolver knows here, and which is no valid URL's. */
function reachable(queue: string, endpoint: string): string {
  return new URL(queue.replace(/^https?:\/\/[^/]+/, ""), endpoint).href;
}

/** Makes the bucket for what does not fit an item in the emulator: the configuration's, or one of our own. Answers its URL. */
export async function prepareEmbeddedPayloads(endpoint: string, place = `s3://${EMBEDDED_BUCKET}/`): Promise<string> {
  const [, bucket] = /^s3:\/\/([^/]+)/.exec(place) ?? [];
  if (bucket === undefined) return place;
  // The SDK of S3 takes a tenth of a second to load: the bucket is made by the one call that it is.
  const answer = await fetch(new URL(bucket, endpoint), { method: "PUT" });
  if (!answer.ok && answer.status !== 409) throw new Error(`the bucket for large requests could not be made (${answer.status})`);
  return place;
}
