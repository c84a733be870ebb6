/** DynamoDB, SQS and S3 on this machine, with their data kept in a folder. */
import { chmod, mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import dynalite from "dynalite";
import { startFauxqs } from "fauxqs";

/** The running emulators. */
export interface Emulators {
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly s3: string };
  stop(): Promise<void>;
}

/** Starts the emulators on free ports of the loopback interface. */
export async function startEmulators(folder: string): Promise<Emulators> {
  await mkdir(join(folder, "sqs"), { recursive: true });
  // Requests have env values in them, which are no business of the machine's other users.
  await chmod(folder, 0o700);
  const tables = dynalite({ path: join(folder, "dynamodb"), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await listening(tables);
  const queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, dataDir: join(folder, "sqs") }).catch(
    async (cause: unknown) => {
      await closed(tables);
      throw new Error(`the queue that is kept in ${join(folder, "sqs")} can't be opened`, { cause });
    },
  );
  const sqs = `http://127.0.0.1:${queues.port}`;
  return {
    endpoints: { dynamodb: `http://127.0.0.1:${(tables.address() as AddressInfo).port}`, sqs, s3: sqs },
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
