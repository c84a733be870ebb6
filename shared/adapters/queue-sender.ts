import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** Sends one message to the queue; answers the id that the queue gave it. */
export function sqsSender(client: SQSClient, queueUrl: string): (body: string) => Promise<string> {
  return async (body) => {
    const { MessageId } = await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    return MessageId ?? "";
  };
}
