/** The queue on Google Cloud: a Pub/Sub topic, whose push subscription brings its messages back. */
import type { Topic } from "@google-cloud/pubsub";
import { StateUnavailable } from "../core/errors.ts";
import type { WakeQueue } from "../core/ports.ts";

/** Sends one message; answers the id that Pub/Sub gave it. The topic is asked for on first use. Throws `StateUnavailable`. */
export function pubsubSender(topic: () => Promise<Topic>): (body: string) => Promise<string> {
  return async (body) => {
    try {
      return await (await topic()).publishMessage({ data: Buffer.from(body, "utf8") });
    } catch (cause) {
      throw new StateUnavailable("the queue could not be written", { cause });
    }
  };
}

/** Wake-ups over Pub/Sub; the client sends them in batches. */
export function pubsubWakeQueue(topic: () => Promise<Topic>): WakeQueue {
  const send = pubsubSender(topic);
  return {
    // Where one fails the run stays in the index of active ones, so the next sweep wakes it.
    async wake(ids) {
      await Promise.all(ids.map((id) => send(JSON.stringify({ run: id }))));
    },
  };
}
