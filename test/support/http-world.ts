/** The HTTP interface on loopback with the embedded table and queue behind it, and targets that only count what is launched. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type Composition, compose } from "../../functions/compose.ts";
import { prepareEmbeddedQueue, prepareEmbeddedTable } from "../../functions/composition/embedded.ts";
import { embeddedOptions } from "../../functions/composition/options.ts";
import { dispatchHandler } from "../../functions/dispatch.ts";
import { httpApp } from "../../functions/http/app.ts";
import { type Emulators, startEmulators } from "../../functions/local/emulators.ts";
import { serveHttp, socketAddress } from "../../functions/local/http-server.ts";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import type { Log } from "../../shared/adapters/log.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { tableReader } from "./table-reader.ts";

/** An invocation's time, and how long messages stay with it: a machine that is busy is no matter of these tests. */
const SECONDS = 300;

/** A launch that a target was asked for. */
export interface CountedLaunch {
  readonly id: string;
  readonly target: string;
}

/** A running interface. */
export interface HttpWorld {
  readonly url: string;
  readonly composition: Composition;
  readonly emulators: Emulators;
  readonly queue: string;
  readonly table: ReturnType<typeof tableReader>;
  /** Every launch, in order; those of targets named `full` are refused for want of room. */
  readonly launches: readonly CountedLaunch[];
  /** Every event of the log, as a line. */
  readonly logged: readonly string[];
  /** Hands every message of the queue to the dispatcher until there is none. Answers how many there were. */
  dispatchAll(): Promise<number>;
  close(): Promise<void>;
}

/** What a world is made with. */
export interface HttpWorldOptions {
  readonly config: string;
  /** Secrets, by the names that `env:` references give. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export async function httpWorld({ config, secrets = {} }: HttpWorldOptions): Promise<HttpWorld> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-http-"));
  const emulators = await startEmulators(join(folder, "data"));
  const { endpoints } = emulators;
  const table = await prepareEmbeddedTable(endpoints.dynamodb, { repair: false });
  const queue = await prepareEmbeddedQueue(endpoints.sqs, SECONDS);
  const launches: CountedLaunch[] = [];
  const logged: string[] = [];
  const composition = await compose({
    environment: secrets,
    settings: { config, table, queue, state: folder, endpoints: {}, isFunction: false, isLambda: false },
    embedded: endpoints,
    log: collected(logged),
    launchers: counting(launches),
  });
  const server = await serveHttp(
    httpApp(async () => composition, socketAddress),
    0,
  );
  const dispatch = dispatchHandler(async () => composition);
  const sqs = new SQSClient(embeddedOptions(endpoints.sqs));
  return {
    url: server.url,
    composition,
    emulators,
    queue,
    table: tableReader(endpoints.dynamodb, table),
    launches,
    logged,
    async dispatchAll() {
      for (let count = 0; ; ) {
        const messages = await received(sqs, queue);
        if (messages.length === 0) return count;
        count += messages.length;
        // Twenty at once, in batches as the platform makes them.
        const batches = Array.from({ length: Math.ceil(messages.length / 10) }, (_, index) => messages.slice(index * 10, index * 10 + 10));
        for (let from = 0; from < batches.length; from += 2) {
          const two = batches.slice(from, from + 2);
          const results = await Promise.all(
            two.map((batch) => dispatch({ Records: batch.map(recordOf) }, lambdaContext("dispatch", SECONDS))),
          );
          if (results.some(({ batchItemFailures }) => batchItemFailures.length > 0)) throw new Error(`not dealt with: ${logged.at(-1)}`);
        }
        for (const { ReceiptHandle } of messages) await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
      }
    },
    async close() {
      await server.stop();
      await emulators.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Launchers whose local targets only count; those named `full` are refused for want of room. */
export function counting(launches: CountedLaunch[]): Readonly<Record<string, Launcher>> {
  const { local } = launchers;
  if (local === undefined) throw new Error("there is no launcher for this machine");
  const counted: Launcher = {
    ...local,
    connect: async ({ name }) => ({
      async submit(_plan, { id, key }) {
        launches.push({ id, target: name });
        if (name === "full")
          return { status: "refused", failure: { class: "capacity", code: "FULL", message: "no room", recognised: true } };
        return { status: "accepted", handle: { id: `${name}/${key}` } };
      },
      inspect: async (launched) => launched.map(({ handle }) => ({ status: "running", handle: { id: handle } })),
      stop: async () => {},
    }),
  };
  return { ...launchers, local: counted };
}

/** All messages that the queue holds now. */
async function received(sqs: SQSClient, queue: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const input = { QueueUrl: queue, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All" as const] };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(input));
    if (Messages.length === 0) return all;
    all.push(...Messages);
  }
}

function recordOf({ MessageId = "", ReceiptHandle = "", Body = "", Attributes = {} }: Message) {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: "0", SenderId: "", ApproximateFirstReceiveTimestamp: "0", ...Attributes },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:slipway",
    awsRegion: "us-east-1",
  };
}

/** A log as lines. */
export function collected(lines: string[]): Log {
  const write = (level: string) => (facts: object, event: string) => void lines.push(JSON.stringify({ level, event, ...facts }));
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
