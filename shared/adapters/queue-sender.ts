import type { SQSClient } from "@aws-sdk/client-sqs";
import { StateUnavailable } from "../core/errors.ts";

/** Sends one message of JSON to the queue; answers the id that the queue gave it. Throws `StateUnavailable`. */
export function sqsSender(client: () => Promise<SQSClient>, queueUrl: string): (body: string) => Promise<string> {
  return async (body) => {
    try {
      const [sqs, { SendMessageCommand }] = await Promise.all([client(), import("@aws-sdk/client-sqs")]);
      const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: plainJson(body) }));
      return MessageId ?? "";
    } catch (cause) {
      throw new StateUnavailable("the queue could not be written", { cause });
    }
  };
}

/** The same JSON without the characters that a queue may refuse a message for: an emoji in a run's name, a non-character. */
function plainJson(json: string): string {
  return json.replaceAll(/[\uD800-\uDFFF\uFFFE\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
