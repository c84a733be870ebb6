/** The queue, whichever it is: an SQS queue by its URL, or a Pub/Sub topic by its name. */
import type { SQSClient } from "@aws-sdk/client-sqs";
import { pubsubSender, pubsubWakeQueue } from "../../shared/adapters/pubsub.ts";
import { type QueueConsumer, sqsConsumer } from "../../shared/adapters/queue-consumer.ts";
import { sqsSender } from "../../shared/adapters/queue-sender.ts";
import { sqsWakeQueue } from "../../shared/adapters/wake-queue.ts";
import type { WakeQueue } from "../../shared/core/ports.ts";
import { isTopic } from "../../shared/schema/places.ts";
import { pubsubTopic } from "./google.ts";

/** What is done with a queue. */
export interface Queue {
  /** Sends one message; answers the id that the queue gave it. Throws `StateUnavailable`. */
  readonly send: (body: string) => Promise<string>;
  readonly wakeQueue: WakeQueue;
  /** Absent for Pub/Sub, which pushes. */
  readonly consumer?: QueueConsumer;
}

/** Opens the queue. Of either nothing is loaded before its first message. */
export function queueOf(sqs: () => Promise<SQSClient>, queue: string): Queue {
  if (!isTopic(queue)) return { send: sqsSender(sqs, queue), wakeQueue: sqsWakeQueue(sqs, queue), consumer: sqsConsumer(sqs, queue) };
  const topic = pubsubTopic(queue);
  return { send: pubsubSender(topic), wakeQueue: pubsubWakeQueue(topic) };
}
