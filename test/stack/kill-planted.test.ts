import { join } from "node:path";
import { afterEach, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";
import { type CrashPoint, type ProxiedDynamo, proxiedDynamo } from "../support/dynamodb-proxy.ts";
import { appending, expectOnceEach, finished, SHORT_TIMING } from "../support/kills.ts";
import { tableReader } from "../support/table-reader.ts";

const ROUNDS = 10;

let stack: DevStack | undefined;
let dynamo: ProxiedDynamo | undefined;
afterEach(async () => {
  await stack?.remove();
  await dynamo?.close();
});

const POINTS: readonly CrashPoint[] = [
  { write: "claim", when: "before" },
  { write: "claim", when: "after" },
  { write: "record", when: "before" },
  { write: "record", when: "after" },
];

test(`the dispatcher killed before and after the claim, and before and after the record of a started wrapper, ${ROUNDS} times: each once`, async () => {
  dynamo = await proxiedDynamo();
  const aws = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    SLIPWAY_TABLE: "runs",
  };
  stack = await DevStack.create(`targets: [{name: local, type: local}]\n${SHORT_TIMING}\n`, aws);
  const file = join(stack.folder, "ids");
  const ids = Array.from({ length: 100 }, (_, index) => `planted-${index}`);
  for (let round = 0; round < ROUNDS; round++) {
    await stack.start();
    const send = await stack.sender();
    const current = stack;
    const crashed = new Promise<void>((resolve) =>
      dynamo?.plant(POINTS[round % POINTS.length] as CrashPoint, () => {
        current.kill();
        resolve();
      }),
    );
    const mine = ids.slice(round * 10, (round + 1) * 10);
    await Promise.all(
      mine.map((id) => send(appending(id, file)).catch(() => send(appending(id, file)))).map((sent) => sent.catch(() => undefined)),
    );
    await crashed;
    await stack.end("SIGKILL");
  }
  await stack.start();
  const send = await stack.sender();
  // A message that the killed queue never took is the sender's to repeat; repeating all of them must be harmless.
  await Promise.all(ids.map((id) => send(appending(id, file))));
  await finished(ids, stack, dynamo.direct);
  const { table } = await stack.stackFile();
  await expectOnceEach(ids, file, await tableReader(dynamo.direct, table).runs(), "planted");
}, 120_000);
