/** How the embedded stack takes messages off its queue while nothing can be done with them: on the emulator, by the real SDK. */
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { startFauxqs } from "fauxqs";
import { expect, test } from "vitest";
import { feedFromQueue } from "../../functions/local/queue-feed.ts";
import { ensureQueue } from "../../shared/adapters/embedded-queue.ts";
import { sqsConsumer } from "../../shared/adapters/queue-consumer.ts";

const FEEDERS = 5;
/** At gaps that grow to 60 ms: some two seconds, and the message is hidden for one. */
const LOOKS = 40;

test("while the table is down no message is taken: none comes nearer to the dead letters", async () => {
  const server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const sqs = new SQSClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } });
  try {
    const queue = await ensureQueue(sqs, 1);
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: "x" }));
    let [tableIsDown, receives, looksSince] = [true, 0, 0];
    const done = Promise.withResolvers<void>();
    const feed = feedFromQueue({
      consumer: sqsConsumer(async () => sqs, queue),
      async handle({ Records }) {
        receives = Math.max(receives, ...Records.map(({ attributes }) => Number(attributes.ApproximateReceiveCount)));
        looksSince = 0;
        if (tableIsDown) throw new Error("the table is down");
        done.resolve();
        return { batchItemFailures: [] };
      },
      async ready() {
        // It was visible again long ago, and there was nobody to take it.
        if (++looksSince === LOOKS) tableIsDown = false;
        if (tableIsDown) throw new Error("the table is down");
      },
      failed: () => undefined,
      waitScale: 0.001,
    });
    await done.promise;
    await feed.stop();
    // Each feeder may have been waiting for one when the first failed.
    expect(receives).toBeLessThanOrEqual(FEEDERS + 1);
  } finally {
    sqs.destroy();
    await server.stop();
  }
}, 30_000);
