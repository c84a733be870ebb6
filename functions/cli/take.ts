import { Refusal } from "../../shared/core/errors.ts";
import { isHttpUrl } from "../../shared/schema/places.ts";
import { keepDeadLetter } from "../dead-letter.ts";
import { connect } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { oneLine } from "./format.ts";

/**
 * `slipway quarantine take QUEUE-URL`: dead letters come into quarantine, under the ids that they had. SQS's own way back gives each a
 * new one, and what was launched under the old would be launched again.
 */
export async function take(queueUrl: string, options: { json?: boolean }): Promise<void> {
  if (!isHttpUrl(queueUrl)) throw new CommandFailure("quarantine take: expected the URL of a dead-letter queue", 2);
  const { quarantine, consumer } = await connect();
  const queue = consumer(queueUrl);
  const left: { readonly message_id: string; readonly reason: string }[] = [];
  let taken = 0;
  for (;;) {
    const messages = await queue.receive(AbortSignal.timeout(60_000));
    // What is left there comes again when it is visible again.
    const seen = new Set(left.map(({ message_id }) => message_id));
    const fresh = messages.filter(({ MessageId = "" }) => !seen.has(MessageId));
    if (fresh.length === 0) break;
    for (const { MessageId: messageId = "", Body: body = "", ReceiptHandle: receipt = "" } of fresh) {
      try {
        if (await keepDeadLetter(quarantine, { body, messageId }, Date.now())) taken++;
        await queue.remove([receipt]);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        left.push({ message_id: messageId, reason: error.message });
      }
    }
  }
  if (left.length > 0) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify({ taken, left }, undefined, 2));
  else
    console.log(
      taken === 0
        ? "no dead letter was taken"
        : `taken into quarantine: ${taken}; slipway quarantine redrive --code DEAD_LETTER tries them again`,
    );
  for (const { message_id, reason } of left)
    console.error(oneLine(`${message_id} stays in the queue: ${reason}; set SLIPWAY_PAYLOADS to the stack's bucket`));
}
