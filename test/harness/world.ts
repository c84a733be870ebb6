/** One world: table, queue, machine and time, and the platform that brings messages and ticks to dispatcher processes. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SQSRecord } from "aws-lambda";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import type { Log } from "../../shared/adapters/log.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import type { WrapperSpec } from "../../shared/launchers/local/wrapper-spec.ts";
import { type EventBusDouble, eventBusDouble } from "../doubles/eventbridge/event-bus-double.ts";
import type { WireCall } from "./carrier.ts";
import { beginProcess, type DispatcherProcess } from "./dispatcher-process.ts";
import { type DynamoDouble, dynamoDouble, type Reply } from "./dynamo-double.ts";
import { beginLife, type CallFate, type Departure, type Life } from "./life.ts";
import { type Breakage, type ProcessesDouble, processesDouble, type WrapperFate } from "./processes-double.ts";
import { type QueueDouble, type QueuedMessage, queueDouble } from "./queue-double.ts";
import { isDue, runOf } from "./table-view.ts";
import { inVirtualTime, type VirtualTime } from "./virtual-time.ts";

const SWEEP_SECONDS = 30;
const HIDDEN_MILLISECONDS = 360_000;
const SWEEP_MILLISECONDS = 60_000;

/** A folder for a world: in memory, where that is to be had as files, since markers are synced to their disk. */
export function worldFolder(name: string): string {
  return join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `slipway-harness-${process.pid}-${name}`);
}

/** What a world is made of, besides its time. */
export interface WorldOptions {
  readonly folder: string;
  readonly configuration: string;
  /** What a batch has, and the configuration's `timing` says; 60 where neither says another. */
  readonly deadlineSeconds?: number;
  fateOf(departure: Departure): CallFate;
  wrapperFate(spec: WrapperSpec): WrapperFate;
  /** Of each half of a request's way. */
  latency(): number;
  /** How many processes there are at once. */
  readonly processes: number;
  /** Hears of each change of a run's item. */
  changed(before: RunRecord | undefined, after: RunRecord): void;
  /** What the wrappers lack. */
  readonly breakage?: Breakage;
  /** Begins a process with launchers of its own; without it, one that launches on its machine. */
  readonly begin?: (world: World, life: Life) => DispatcherProcess;
}

/** A world, open to the test. */
export interface World {
  readonly time: VirtualTime;
  readonly folder: string;
  readonly tableName: string;
  readonly queueUrl: string;
  readonly log: Log;
  readonly table: DynamoDouble;
  readonly queue: QueueDouble;
  readonly processes: ProcessesDouble;
  readonly bus: EventBusDouble;
  /** What went wrong in a way that nothing explains. */
  readonly faults: readonly string[];
  readonly crashes: number;
  configuration: string;
  latency(): number;
  /** A service takes a call. */
  answer(call: WireCall): Reply;
  /** A new configuration: what works goes on, what comes is served by new processes. */
  deploy(configuration: string): void;
  /** A batch for a process, now. Resolves when its invocation is over, one way or the other. */
  dispatch(messages: readonly QueuedMessage[]): Promise<void>;
  sweep(): Promise<void>;
  /** An event of a service's bus, for a process. One that could not be dealt with is gone, as after the bus's last try. */
  observe(event: object): Promise<void>;
  /** Takes a message to the processes as it becomes visible, batched with others. */
  feed(most: () => number): void;
  /** Ticks every minute in which something is due, or `idle` says so, until `over`. */
  tick(over: () => boolean, idle: () => boolean): Promise<void>;
  item(id: string): RunRecord | undefined;
  close(): void;
}

export function createWorld(time: VirtualTime, options: WorldOptions): World {
  const { folder, deadlineSeconds = 60 } = options;
  const faults: string[] = [];
  const queueUrl = "http://sqs.test/000000000000/slipway";
  const table = dynamoDouble("runs", (before, after) => {
    const record = runOf(after);
    if (record !== undefined) options.changed(before && runOf(before), record);
  });
  const bus = eventBusDouble(["runs"]);
  const queue = queueDouble(queueUrl, (message) => arrive(message));
  const slots: (DispatcherProcess | undefined)[] = Array(options.processes).fill(undefined);
  const feeds: ((message: QueuedMessage) => void)[] = [];
  let lives = 0;
  let crashes = 0;
  mkdirSync(folder, { recursive: true });

  function arrive(message: QueuedMessage): void {
    for (const feed of feeds) feed(message);
  }

  /** The process in a slot; where it is dead, another one. */
  function processIn(slot: number): DispatcherProcess {
    const there = slots[slot];
    if (there !== undefined && !there.life.dead) return there;
    const born = (options.begin ?? beginProcess)(world, beginLife(`process-${++lives}`, options.fateOf));
    slots[slot] = born;
    return born;
  }

  /** Runs an invocation to its end: its own, its process's, or the platform's patience. */
  async function invoke<Result>(seconds: number, call: (process: DispatcherProcess) => Promise<Result>): Promise<Result | undefined> {
    const process = processIn(Math.floor(time.random() * slots.length));
    // The platform's clock and the process's own are never the same: sometimes it ends the process before that gives up by itself.
    const leave = time.after(seconds * 1000 - (time.random() < 0.5 ? 20 : 0), () => process.life.die());
    const result = await Promise.race([call(process), process.life.died.then(() => undefined)]);
    leave();
    if (process.life.dead) crashes++;
    return process.life.dead ? undefined : result;
  }

  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error(facts: { readonly error?: string; readonly text?: string }, event) {
      if (!EXPLAINED.has(facts.error ?? "")) faults.push(`${event}: ${JSON.stringify(facts)}`);
    },
  };

  const world: World = {
    time,
    folder,
    tableName: "runs",
    queueUrl,
    log,
    table,
    queue,
    bus,
    processes: processesDouble(time, options.wrapperFate, options.breakage),
    faults,
    get crashes() {
      return crashes;
    },
    configuration: options.configuration,
    latency: options.latency,
    answer({ service, operation, body }) {
      const reply = { dynamodb: table.answer, events: bus.answer, sqs: queue.answer }[service](operation, body, time.now());
      const { __type = "" }: { __type?: string } = reply.body;
      if (reply.status !== 200 && !__type.endsWith("ConditionalCheckFailedException"))
        faults.push(`${operation}: ${JSON.stringify(reply.body)} to ${body}`);
      return reply;
    },
    deploy(configuration) {
      world.configuration = configuration;
      slots.fill(undefined);
    },
    async dispatch(messages) {
      const event = { Records: messages.map(recordFor) };
      const context = lambdaContext("dispatch", deadlineSeconds);
      const answer = await invoke(deadlineSeconds, ({ dispatch }) => dispatch(event, context));
      if (answer === undefined) return;
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { id } of messages) if (!failed.has(id)) queue.delete(id);
    },
    async sweep() {
      const context = lambdaContext("sweep", SWEEP_SECONDS);
      // A failed sweep is the next one's business.
      await invoke(SWEEP_SECONDS, ({ sweep }) => sweep(TICK, context).catch(() => undefined));
    },
    async observe(event) {
      const context = lambdaContext("observe", SWEEP_SECONDS);
      await invoke(SWEEP_SECONDS, ({ observe }) => observe(event as never, context).catch(() => undefined));
    },
    feed(most) {
      const bring = (message: QueuedMessage) => {
        time.after(message.visibleAt - time.now(), () => {
          const batch = queue.receive(time.now(), most(), HIDDEN_MILLISECONDS);
          if (batch.length === 0) return;
          void world.dispatch(batch).then(() => {
            // What was not dealt with comes back when its time is over.
            for (const { id } of batch) {
              const left = queue.messages.get(id);
              if (left !== undefined) bring(left);
            }
          });
        });
      };
      feeds.push(bring);
      for (const message of queue.messages.values()) bring(message);
    },
    async tick(over, idle) {
      for (;;) {
        await time.sleep(SWEEP_MILLISECONDS);
        if (over()) return;
        if (idle() || isDue(table, time.now())) void world.sweep();
      }
    },
    item: (id) => {
      const item = table.items.get(`run#${runKey(id)}`);
      return item && runOf(item);
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
  return world;
}

let warm: Promise<void> | undefined;

/**
 * What the SDK and our own code load on their first use comes from the disk, which virtual time does not wait for: a first world is
 * thrown away, so that all others are alike.
 */
export function warmUp(): Promise<void> {
  warm ??= warmedUp();
  return warm;
}

async function warmedUp(): Promise<void> {
  // Of what the SDK's clients are loaded for, the first world does not see all.
  await Promise.all([import("@aws-sdk/client-sqs"), import("@aws-sdk/client-eventbridge")]);
  return inVirtualTime(0, async (time) => {
    const world = createWorld(time, {
      folder: worldFolder("warm"),
      configuration: JSON.stringify({ notify: "runs", targets: [{ name: "one", type: "local" }] }),
      processes: 1,
      latency: () => 1,
      fateOf: () => "answered",
      wrapperFate: () => ({ startMilliseconds: 1, runMilliseconds: 1, exitCode: 0 }),
      changed: () => {},
    });
    const request = { id: "warm", command: ["work"], run_config: { type: "UniversalRun" } };
    world.feed(() => 10);
    const end = performance.now() + 60_000;
    for (const id of ["one", "two"]) {
      world.queue.send(JSON.stringify({ ...request, id }), time.now());
      world.queue.send(JSON.stringify({ cancel: { id: "nobody" } }), time.now());
      while (world.item(id)?.state !== "SUCCEEDED" && performance.now() < end) await time.sleep(5);
    }
    await world.sweep();
    world.close();
  });
}

/** What a handler may fail with: its own state out of reach, once or for several targets, or its time over (middy says so). */
const EXPLAINED: ReadonlySet<string> = new Set(["StateUnavailable", "AggregateError", "TimeoutError"]);

/** The minute tick as the platform's scheduler sends it. */
export const TICK = {
  id: "tick",
  version: "0",
  account: "000000000000",
  time: "2026-01-05T12:00:00Z",
  region: "us-east-1",
  resources: [],
  source: "aws.events",
  "detail-type": "Scheduled Event" as const,
  detail: {},
};

/** A message as an event source hands it over. */
export function recordFor({ id, body, receives }: QueuedMessage): SQSRecord {
  return {
    messageId: id,
    receiptHandle: `${id}/${receives}`,
    body,
    attributes: { ApproximateReceiveCount: String(receives), SentTimestamp: "0", SenderId: "", ApproximateFirstReceiveTimestamp: "0" },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:slipway",
    awsRegion: "us-east-1",
  };
}
