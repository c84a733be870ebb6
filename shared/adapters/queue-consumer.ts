import type { Message, SQSClient } from "@aws-sdk/client-sqs";

/** One message as the queue hands it out. */
export type QueueMessage = Message;

/** Takes messages off a queue, for a dispatcher that no platform feeds. */
export interface QueueConsumer {
  /** At most ten messages; waits for the first one. */
  receive(signal: AbortSignal): Promise<readonly QueueMessage[]>;
  remove(receiptHandles: readonly string[]): Promise<void>;
}

/** A poll of 20 s that has not answered by then, in milliseconds, never will. */
const LONGEST_POLL = 30_000;

/** Long polling on SQS, for so many seconds. */
export function sqsConsumer(client: () => Promise<SQSClient>, queueUrl: string, seconds = 20): QueueConsumer {
  return {
    async receive(signal) {
      const input = {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: seconds,
        MessageSystemAttributeNames: ["All" as const],
      };
      const [sqs, { ReceiveMessageCommand }] = await Promise.all([client(), import("@aws-sdk/client-sqs")]);
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(input), {
        abortSignal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_POLL)]),
      });
      return Messages;
    },
    async remove(receiptHandles) {
      if (receiptHandles.length === 0) return;
      const Entries = receiptHandles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      const [sqs, { DeleteMessageBatchCommand }] = await Promise.all([client(), import("@aws-sdk/client-sqs")]);
      const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`${Failed.length} messages could not be removed from the queue: ${Failed[0]?.Code}`);
    },
  };
}
