/** DynamoDB, SQS and S3 on this machine, with their data kept in a folder. */
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { join } from "node:path";
import dynalite from "dynalite";
import { startFauxqs } from "fauxqs";

/** The running emulators. */
export interface Emulators {
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly s3: string };
  /** URL of the queue that the dispatcher is fed from. */
  readonly queue: string;
  stop(): Promise<void>;
}

/** Name of the queue, and of the one for messages that crashed the dispatcher ten times. */
const QUEUE = "slipway";
const DEAD_LETTERS = "slipway-dead-letters";
const MOST_RECEIVES = 10;

/** Starts the emulators on free ports of the loopback interface; queues are made where they are missing. */
export async function startEmulators(folder: string, visibilitySeconds: number): Promise<Emulators> {
  await mkdir(join(folder, "sqs"), { recursive: true });
  const tables = dynalite({ path: join(folder, "dynamodb"), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await listening(tables);
  const queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, dataDir: join(folder, "sqs") });
  const sqs = `http://127.0.0.1:${queues.port}`;
  const { queueArn: deadLetterTargetArn } = queues.createQueue(DEAD_LETTERS, { attributes: { MessageRetentionPeriod: String(14 * 86_400) } });
  queues.createQueue(QUEUE, {
    attributes: {
      VisibilityTimeout: String(visibilitySeconds),
      MessageRetentionPeriod: String(14 * 86_400),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MOST_RECEIVES }),
    },
  });
  return {
    endpoints: { dynamodb: `http://127.0.0.1:${(tables.address() as AddressInfo).port}`, sqs, s3: sqs },
    queue: `${sqs}/000000000000/${QUEUE}`,
    async stop() {
      await queues.stop();
      await closed(tables);
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error?: Error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
