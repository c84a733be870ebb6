/** Situations in which one event is taken up, and cut short at each of its calls in turn. */
import { acceptRun } from "./accept.ts";
import type { SentDocument } from "./judge.ts";
import type { CallFate } from "./life.ts";
import type { World } from "./world.ts";

/** What a scenario can do before its event, all of it without faults. */
export interface Stage {
  readonly world: World;
  /** A message, taken up at once and to its end. */
  deliver(body: object): Promise<void>;
  /** As `deliver`, with the process stopped at its first call of this name. */
  cutShort(body: object, call: string, fate: CallFate): Promise<void>;
  wait(milliseconds: number): Promise<void>;
}

/** One event, and how things stood. */
export interface Scenario {
  readonly name: string;
  readonly maxParallel?: number;
  /** How long commands run, in milliseconds, by run id. */
  readonly runs?: Readonly<Record<string, number>>;
  readonly documents: readonly SentDocument[];
  prepare(stage: Stage): Promise<void>;
  /** The message that is taken up; a sweep where it is absent. */
  readonly event?: object;
  /** The calls that the event makes where nothing goes wrong, up to the end of what it started. */
  readonly calls: readonly string[];
  /** Sent at the end, in order. */
  readonly afterwards?: readonly object[];
}

function document(id: string, over: object = {}): SentDocument {
  return { id, command: ["work", "first"], run_config: { type: "UniversalRun", labels: ["a"] }, ...over };
}

const RUN = document("run");
const OTHER = document("other");
const THIRD = document("third", { run_config: { type: "UniversalRun", labels: ["b"] } });
const GET = "dynamodb:GetItem";
const UPDATE = "dynamodb:UpdateItem";
const QUERIES: readonly string[] = Array(16).fill("dynamodb:Query");
const SEND = "sqs:SendMessageBatch";
const START = "machine:startWrapper";
const WRITE = "machine:writeText";
const TERMINATE = "machine:terminate";
const LEASE_MILLISECONDS = 76_000;
const MINUTE = 60_000;
/** Long enough to be met running. */
const LONG = 6 * MINUTE;

export const SCENARIOS: readonly Scenario[] = [
  { name: "a new run", calls: [UPDATE, START, UPDATE, UPDATE], documents: [RUN], prepare: async () => {}, event: RUN },
  {
    name: "the wake-up of an accepted run",
    calls: [GET, UPDATE, START, UPDATE, UPDATE],
    documents: [RUN],
    prepare: ({ world }) => acceptRun(world, RUN),
    event: { run: "run" },
  },
  {
    name: "a resume: the process died after the claim",
    calls: [GET, UPDATE, START, UPDATE, UPDATE],
    documents: [RUN],
    async prepare({ cutShort, wait }) {
      await cutShort(RUN, UPDATE, "stopped after");
      await wait(LEASE_MILLISECONDS);
    },
    event: { run: "run" },
  },
  {
    name: "a resume: the process died after it had started the wrapper",
    calls: [UPDATE, UPDATE, UPDATE],
    documents: [RUN],
    async prepare({ cutShort, wait }) {
      await cutShort(RUN, START, "stopped after");
      await wait(LEASE_MILLISECONDS);
    },
    event: RUN,
  },
  {
    name: "a fallback: the first target is full",
    calls: [UPDATE, UPDATE, START, UPDATE],
    documents: [RUN, OTHER],
    maxParallel: 1,
    runs: { other: LONG },
    prepare: ({ deliver }) => deliver(OTHER),
    event: RUN,
  },
  {
    name: "a wait: both targets are full",
    calls: [UPDATE, UPDATE],
    documents: [RUN, OTHER, THIRD],
    maxParallel: 1,
    runs: { other: 3 * MINUTE, third: LONG },
    async prepare({ deliver }) {
      await deliver(OTHER);
      await deliver(THIRD);
    },
    event: RUN,
  },
  {
    name: "the cancel of a running run",
    calls: [UPDATE, WRITE, TERMINATE, UPDATE],
    documents: [RUN],
    runs: { run: LONG },
    async prepare({ deliver, wait }) {
      await deliver(RUN);
      await wait(5000);
    },
    event: { cancel: { id: "run" } },
  },
  {
    name: "the cancel of a waiting run",
    calls: [UPDATE, UPDATE],
    documents: [RUN, OTHER, THIRD],
    maxParallel: 1,
    runs: { other: LONG, third: LONG },
    async prepare({ deliver }) {
      for (const body of [OTHER, THIRD, RUN]) await deliver(body);
    },
    event: { cancel: { id: "run" } },
  },
  {
    name: "the cancel of an attempt in doubt",
    calls: [UPDATE, UPDATE, UPDATE],
    documents: [RUN],
    async prepare({ cutShort, wait }) {
      await cutShort(RUN, START, "stopped before");
      await wait(LEASE_MILLISECONDS);
    },
    event: { cancel: { id: "run" } },
  },
  {
    name: "a cancel before its request",
    calls: [UPDATE, GET, GET, UPDATE],
    documents: [RUN],
    prepare: async () => {},
    event: { cancel: { id: "run" } },
    afterwards: [RUN],
  },
  {
    name: "a request that its cancel has overtaken",
    calls: [UPDATE, UPDATE],
    documents: [RUN],
    prepare: ({ deliver }) => deliver({ cancel: { id: "run" } }),
    event: RUN,
  },
  {
    name: "another content under the same id",
    calls: [UPDATE, UPDATE, UPDATE],
    documents: [RUN, document("run", { command: ["work", "second"] })],
    prepare: ({ deliver }) => deliver(RUN),
    event: document("run", { command: ["work", "second"] }),
  },
  {
    name: "a sweep over an accepted, a running, an ended and a doubtful run",
    calls: [UPDATE, ...QUERIES, UPDATE, UPDATE, UPDATE, UPDATE, SEND, UPDATE, UPDATE, UPDATE, GET, UPDATE],
    documents: [RUN, OTHER, THIRD, document("fourth")],
    runs: { other: LONG, third: 90_000 },
    async prepare({ world, deliver, cutShort, wait }) {
      await deliver(OTHER);
      await cutShort(document("fourth"), START, "stopped before");
      await deliver(THIRD);
      await cutShort({ run: "nobody" }, GET, "stopped after");
      await acceptRun(world, RUN);
      await wait(2 * MINUTE);
    },
  },
];
