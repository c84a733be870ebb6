import type { SQSClient } from "@aws-sdk/client-sqs";
import { StateUnavailable } from "../core/errors.ts";
import type { WakeQueue } from "../core/ports.ts";

const BATCH = 10;

/** Wake-ups over SQS; the SDK is loaded with the first. */
export function sqsWakeQueue(client: () => Promise<SQSClient>, queueUrl: string): WakeQueue {
  return {
    async wake(ids) {
      for (let from = 0; from < ids.length; from += BATCH) {
        const Entries = ids.slice(from, from + BATCH).map((id, index) => ({ Id: String(index), MessageBody: JSON.stringify({ run: id }) }));
        try {
          const [sqs, { SendMessageBatchCommand }] = await Promise.all([client(), import("@aws-sdk/client-sqs")]);
          const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
          if (Failed.length > 0) throw new Error(`${Failed.length} of ${Entries.length} messages were refused: ${Failed[0]?.Code}`);
        } catch (cause) {
          // The runs stay in the index of active ones, so the next sweep wakes them.
          throw new StateUnavailable("runs could not be woken", { cause });
        }
      }
    },
  };
}
