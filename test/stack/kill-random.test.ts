import { join } from "node:path";
import { afterEach, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";
import { appending, expectOnceEach, finished, SHORT_TIMING } from "../support/kills.ts";
import { seededRandom } from "../support/random.ts";
import { tableReader } from "../support/table-reader.ts";

const ROUNDS = 10;
const MOST_IN_A_ROW = 4;
const SEED = Number(process.env["SLIPWAY_SEED"] ?? Date.now() % 1_000_000);

let stack: DevStack | undefined;
afterEach(() => stack?.remove());

test(`200 runs, the dispatcher killed at random moments in ${ROUNDS} rounds: each once, every record terminal (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  stack = await DevStack.create(`targets: [{name: local, type: local}]\n${SHORT_TIMING}\n`);
  const file = join(stack.folder, "ids");
  const ids = Array.from({ length: 200 }, (_, index) => `random-${index}`);
  for (let round = 0; round < ROUNDS; round++) {
    if (!stack.running) await stack.start();
    const send = await stack.sender();
    const mine = ids.slice(round * 20, (round + 1) * 20);
    await Promise.all(mine.map((id) => send(appending(id, file))));
    await new Promise((resolve) => setTimeout(resolve, random() * 1200));
    await stack.end("SIGKILL");
    // However slow the machine: five ends in a row while it is worked on put a run off for a quarter of an hour.
    if ((round + 1) % MOST_IN_A_ROW === 0) {
      await stack.start();
      await finished(ids.slice(0, (round + 1) * 20), stack);
    }
  }
  await stack.start();
  await finished(ids, stack);
  const { endpoints, table } = await stack.stackFile();
  await expectOnceEach(ids, file, await tableReader(endpoints.dynamodb, table).runs(), `seed ${SEED}`);
}, 240_000);
