/** What Lambda's event source mapping does for the queue: takes batches, hands them to the handler, removes what was dealt with. */
import { setTimeout } from "node:timers/promises";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { QueueConsumer, QueueMessage } from "../../shared/adapters/queue-consumer.ts";

/** How many batches are with the handler at once, as `MaximumConcurrency` in the cloud. */
const CONCURRENT_BATCHES = 5;
const RETRY_MILLISECONDS = 500;
const LONGEST_PAUSE = 60_000;

/** The handler of a batch, given its event and the milliseconds that it has. */
export type BatchHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

/** What a queue's feed is made of. */
export interface Feed {
  readonly consumer: QueueConsumer;
  readonly handle: BatchHandler;
  /** Rejects while nothing could be done with a message: asked after a batch failed whole, before another is taken. */
  ready(): Promise<unknown>;
  failed(error: unknown): void;
  /** Factor on every wait between tries. */
  readonly waitScale: number;
}

/** Feeds the handler until stopped; stopping waits for the batches under way. */
export function feedFromQueue(from: Feed): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const health: Health = { failures: 0 };
  const feeders = Array.from({ length: CONCURRENT_BATCHES }, (_, index) => feed(from, stopping.signal, { health, isFirst: index === 0 }));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(feeders);
    },
  };
}

/**
 * How many batches in a row failed whole: the table is down, say. Each further receive would bring messages nearer to the dead
 * letters, so one feeder alone tries on, at growing gaps, and takes none before the table answers.
 */
interface Health {
  failures: number;
}

async function feed(
  { consumer, handle, ready, failed, waitScale }: Feed,
  stopping: AbortSignal,
  { health, isFirst }: { readonly health: Health; readonly isFirst: boolean },
): Promise<void> {
  const pause = (milliseconds: number) => setTimeout(milliseconds, undefined, { signal: stopping }).catch(() => undefined);
  while (!stopping.aborted) {
    if (health.failures > 0 && !isFirst) {
      await pause(RETRY_MILLISECONDS * waitScale);
      continue;
    }
    try {
      if (health.failures > 0) await ready();
      const messages = await consumer.receive(stopping);
      if (messages.length === 0) continue;
      const failures = await failuresOf(handle, messages, failed);
      health.failures = failures.size === messages.length ? health.failures + 1 : 0;
      await consumer.remove(messages.flatMap((message) => (failures.has(message.MessageId ?? "") ? [] : [message.ReceiptHandle ?? ""])));
      if (health.failures > 0) await pause(gapAfter(health) * waitScale);
    } catch (error) {
      if (stopping.aborted) return;
      failed(error);
      if (health.failures > 0) health.failures++;
      await pause(gapAfter(health) * waitScale);
    }
  }
}

function gapAfter({ failures }: Health): number {
  return Math.min(RETRY_MILLISECONDS * 2 ** failures, LONGEST_PAUSE);
}

/** The ids of the messages to keep. A handler that throws keeps them all, as in the cloud. */
async function failuresOf(handle: BatchHandler, messages: readonly QueueMessage[], failed: (error: unknown) => void): Promise<Set<string>> {
  try {
    const { batchItemFailures } = await handle({ Records: messages.map(recordOf) });
    return new Set(batchItemFailures.map((failure) => failure.itemIdentifier));
  } catch (error) {
    failed(error);
    return new Set(messages.map((message) => message.MessageId ?? ""));
  }
}

function recordOf(message: QueueMessage): SQSEvent["Records"][number] {
  const {
    ApproximateReceiveCount = "1",
    SentTimestamp = "0",
    SenderId = "",
    ApproximateFirstReceiveTimestamp = "0",
  } = message.Attributes ?? {};
  return {
    messageId: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    attributes: { ApproximateReceiveCount, SentTimestamp, SenderId, ApproximateFirstReceiveTimestamp },
    messageAttributes: {},
    md5OfBody: message.MD5OfBody ?? "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:slipway",
    awsRegion: "us-east-1",
  };
}
