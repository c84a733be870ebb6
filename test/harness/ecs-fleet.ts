/** Many dispatchers at one queue, each with a batch at a time, as Lambda's event source gives them out. */
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { DispatcherProcess } from "./dispatcher-process.ts";
import { type EcsWorld, type EcsWorldOptions, inEcsWorld } from "./ecs-world.ts";
import { beginLife } from "./life.ts";
import { recordFor } from "./world.ts";

const BATCH = 10;
const HIDDEN_MILLISECONDS = 360_000;
const INVOCATION_SECONDS = 60;

/** What a fleet did with its requests. */
export interface FleetResult {
  /** Until the last was recorded as launched. */
  readonly seconds: number;
  readonly launched: number;
  /** How often a run was sent to WAITING. */
  readonly waits: number;
  /** How many messages were given back to the queue. */
  readonly returned: number;
  /** Runs without exactly one task. */
  readonly notOnce: readonly string[];
  /** Calls of each operation, and the throttled share of RunTask's. */
  readonly calls: { readonly register: number; readonly describe: number; readonly runTask: number };
  readonly throttled: number;
}

/** Lets cold dispatchers empty the queue, each with so many batches at once. */
export function runFleet(
  documents: readonly JsonObject[],
  {
    dispatchers,
    atOnce = 1,
    seed = 1,
    ...options
  }: EcsWorldOptions & { readonly dispatchers: number; readonly atOnce?: number; readonly seed?: number },
): Promise<FleetResult> {
  let launched = 0;
  let waits = 0;
  let last = 0;
  let now = () => 0;
  const changed: EcsWorldOptions["changed"] = (_before, { state }) => {
    if (state === "WAITING") waits++;
    if (state === "LAUNCHED") {
      launched++;
      last = now();
    }
  };
  return inEcsWorld(
    { ...options, changed },
    async (world, time) => {
      now = time.now;
      const from = now();
      for (const document of documents) world.submit(document);
      const processes = Array.from({ length: dispatchers }, (_, index) => world.begin(beginLife(`process-${index}`, () => "answered")));
      const lanes = processes.flatMap((process) => Array.from({ length: atOnce }, () => emptied(world, process)));
      const returned = (await Promise.all(lanes)).reduce((sum, count) => sum + count, 0);
      const runTask = world.ecs.counter("RunTask");
      return {
        seconds: (last - from) / 1000,
        launched,
        waits,
        returned,
        notOnce: documents.map(({ id }) => String(id)).filter((id) => world.tasksOf(id).length !== 1),
        calls: {
          register: world.ecs.counter("RegisterTaskDefinition").calls,
          describe: world.ecs.counter("DescribeTaskDefinition").calls,
          runTask: runTask.calls,
        },
        throttled: runTask.throttled / runTask.calls,
      };
    },
    seed,
  );
}

/** Takes batches until there are none. Answers how many messages were given back. */
async function emptied({ queue, time }: EcsWorld, process: DispatcherProcess): Promise<number> {
  for (let returned = 0; ; ) {
    const batch = queue.receive(time.now(), BATCH, HIDDEN_MILLISECONDS);
    if (batch.length === 0) return returned;
    const { batchItemFailures } = await process.dispatch({ Records: batch.map(recordFor) }, lambdaContext("dispatch", INVOCATION_SECONDS));
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    returned += failed.size;
    for (const { id } of batch) if (!failed.has(id)) queue.delete(id);
  }
}
