import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { type Composition, composition } from "./compose.ts";
import { dispatchMessage } from "./dispatch-message.ts";
import { errorEvent } from "./middleware/error-event.ts";

/**
 * Handler for an SQS batch: every message by itself, side by side. A message that was dealt with, or refused and kept,
 * is removed from the queue; one that could not be dealt with now is reported back alone.
 */
export function dispatchHandler(compose: () => Promise<Composition>) {
  return middy<SQSEvent, SQSBatchResponse>()
    .use(errorEvent("dispatch failed", compose))
    .handler(async (event, lambda) => {
      if (!isBatch(event)) throw new Error("this function takes batches of an SQS queue, and nothing else: send run requests to its queue");
      const composed = await compose();
      const invocation = { deadline: composed.context.clock.now() + lambda.getRemainingTimeInMillis() };
      const results = await Promise.all(
        event.Records.map(({ body, messageId, attributes }) => {
          const receiveCount = Number(attributes.ApproximateReceiveCount);
          const sentAt = Number(attributes.SentTimestamp);
          return dispatchMessage(composed, { body, messageId, queue: "sqs", receiveCount, sentAt }, invocation);
        }),
      );
      composed.metrics.publish();
      return {
        batchItemFailures: results.flatMap((done, index) => (done ? [] : [{ itemIdentifier: event.Records[index]?.messageId ?? "" }])),
      };
    });
}

/** Whoever calls the function with a run request itself, or lets another source call it, is to learn what is wrong. */
function isBatch(event: SQSEvent | null): boolean {
  const records: unknown = event?.Records;
  return Array.isArray(records) && records.every((record) => typeof record?.body === "string" && record.attributes !== undefined);
}

/** The Lambda function. */
export const handler = dispatchHandler(composition);
