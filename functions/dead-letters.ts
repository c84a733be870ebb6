import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { type Composition, composition } from "./compose.ts";
import { DEAD_LETTER, keepDeadLetter } from "./dead-letter.ts";
import { errorEvent } from "./middleware/error-event.ts";

/** Handler for the queue of messages that were delivered again and again: they are kept in quarantine, to be looked at and redriven. */
export function deadLettersHandler(compose: () => Promise<Composition>) {
  return middy<SQSEvent, SQSBatchResponse>()
    .use(errorEvent("dead letters failed", compose))
    .handler(async (event) => {
      const { context, log } = await compose();
      const failed: { itemIdentifier: string }[] = [];
      for (const { body, messageId } of event.Records) {
        try {
          if (await keepDeadLetter(context.quarantine, { body, messageId }, context.clock.now()))
            log.warn({ message_id: messageId, outcome: "quarantined", code: DEAD_LETTER }, "message");
        } catch (error) {
          log.error({ message_id: messageId, outcome: "failed", error: error instanceof Error ? error.name : "not an error" }, "message");
          failed.push({ itemIdentifier: messageId });
        }
      }
      return { batchItemFailures: failed };
    });
}

/** The Lambda function. */
export const handler = deadLettersHandler(composition);
