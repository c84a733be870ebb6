/** The queue in an emulator, and the one for messages that crashed the dispatcher again and again. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

const NAME = "slipway";
const DEAD_LETTERS = "slipway-dead-letters";
const RETENTION_SECONDS = 14 * 86_400;
const MOST_RECEIVES = 10;

/** Makes the queues where they are missing; what they hold is kept. Answers the queue's URL. */
export async function ensureQueue(client: SQSClient, visibilitySeconds: number): Promise<string> {
  const retention = { MessageRetentionPeriod: String(RETENTION_SECONDS) };
  const deadLetters = await ensure(client, DEAD_LETTERS, retention);
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ["QueueArn"] }));
  return ensure(client, NAME, {
    ...retention,
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes["QueueArn"], maxReceiveCount: MOST_RECEIVES }),
  });
}

/** The queue of messages that were delivered too often, beside `ensureQueue`'s. */
export async function deadLetterQueue(client: SQSClient): Promise<string> {
  const { QueueUrl = "" } = await client.send(new GetQueueUrlCommand({ QueueName: DEAD_LETTERS }));
  return QueueUrl;
}

/** Looks first: the emulator's own CreateQueue may empty a queue that is there. */
async function ensure(client: SQSClient, QueueName: string, Attributes: Record<string, string>): Promise<string> {
  try {
    const { QueueUrl = "" } = await client.send(new GetQueueUrlCommand({ QueueName }));
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    return QueueUrl;
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
    const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl;
  }
}
