/** The queue as SQS speaks it on the wire, and as a function's event source takes from it. */
import { createHash } from "node:crypto";
import type { Reply } from "./dynamo-double.ts";

/** A message until it is deleted. */
export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
}

/** A queue, open to the test. */
export interface QueueDouble {
  readonly messages: ReadonlyMap<string, QueuedMessage>;
  send(body: string, visibleAt: number): QueuedMessage;
  /** Up to so many messages that are visible now; hidden for so long from then on. */
  receive(now: number, most: number, hiddenMilliseconds: number): readonly QueuedMessage[];
  delete(id: string): void;
  answer(operation: string, body: string, now: number): Reply;
}

/** An empty queue. `sent` hears of every message as it comes. */
export function queueDouble(url: string, sent: (message: QueuedMessage) => void): QueueDouble {
  const messages = new Map<string, QueuedMessage>();
  let count = 0;

  function send(body: string, visibleAt: number): QueuedMessage {
    const message = { id: `message-${++count}`, body, visibleAt, receives: 0 };
    messages.set(message.id, message);
    sent(message);
    return message;
  }

  return {
    messages,
    send,
    receive(now, most, hiddenMilliseconds) {
      const visible = [...messages.values()].filter(({ visibleAt }) => visibleAt <= now).slice(0, most);
      for (const message of visible) {
        message.visibleAt = now + hiddenMilliseconds;
        message.receives++;
      }
      return visible;
    },
    delete: (id) => void messages.delete(id),
    answer(operation, text, now) {
      const { QueueUrl, Entries }: { QueueUrl: string; Entries: readonly { Id: string; MessageBody: string }[] } = JSON.parse(text);
      if (operation !== "SendMessageBatch" || QueueUrl !== url || Entries.length === 0 || Entries.length > 10) {
        return {
          status: 400,
          body: { __type: "com.amazonaws.sqs#InvalidAction", message: `this double does not know such a ${operation}` },
        };
      }
      const Successful = Entries.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: send(MessageBody, now).id,
        MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex"),
      }));
      return { status: 200, body: { Successful } };
    },
  };
}
