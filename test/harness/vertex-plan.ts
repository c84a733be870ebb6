/** A random history of dispatchers, their platform and Vertex AI, all of it drawn from one seed. */
import { seededRandom } from "../support/random.ts";
import { acceptRun } from "./accept.ts";
import { changeJudge, isOver, type SentDocument } from "./judge.ts";
import type { CallFate, Departure } from "./life.ts";
import { wrongWithJobs } from "./vertex-judge.ts";
import {
  inVertexWorld,
  type VertexLauncher,
  type VertexWorld,
  type VertexWorldOptions,
  vertexConfiguration,
  vertexTargetDocument,
} from "./vertex-world.ts";
import { START, type VirtualTime } from "./virtual-time.ts";

const MINUTE = 60_000;
/** Faults happen until then. */
const CHAOS = 12 * MINUTE;
/** What has not come to its end by then is endless. */
const LONGEST = 30 * 60 * MINUTE;
/** The service's lists are so old. */
const LIST_LAG = 5000;

/** What a plan came to. */
export interface VertexPlanResult {
  readonly violations: readonly string[];
  readonly states: readonly string[];
  readonly crashes: number;
  readonly jobs: number;
  /** How often calls of the service met each fate, by `<call> <fate>`. */
  readonly fates: ReadonlyMap<string, number>;
}

/** Plays the history of a seed, with the launcher or with one that lacks something. */
export function runVertexPlan(seed: number, launcher?: VertexLauncher, listLagMs = LIST_LAG): Promise<VertexPlanResult> {
  const random = seededRandom(seed ^ 0x7e7);
  const chance = (probability: number) => random() < probability;
  const upTo = (most: number) => Math.floor(random() * most);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];
  let now = () => START;
  const chaos = () => now() < START + CHAOS;
  const violations: string[] = [];
  const fates = new Map<string, number>();
  const trouble = pick([0, 0.03, 0.08, 0.15]);

  function fateOf({ call }: Departure): CallFate {
    const fate = drawnFate(call);
    if (call.startsWith("vertex:")) fates.set(`${call} ${fate}`, (fates.get(`${call} ${fate}`) ?? 0) + 1);
    return fate;
  }

  function drawnFate(call: string): CallFate {
    // A sweep asks sixteen times: it would never come through.
    if (!chaos() || !chance(call.endsWith(":Query") ? trouble / 8 : trouble)) return "answered";
    return pick(["stopped before", "stopped after", "stopped after", "lost", "answer lost", "answer lost", "late", "throttled"]);
  }

  const options: VertexWorldOptions = {
    ...(launcher === undefined ? {} : { launcher }),
    configuration: vertexConfiguration([
      vertexTargetDocument({ labels: ["a"] }),
      vertexTargetDocument({ name: "other", region: "us-central1", labels: ["b"] }),
    ]),
    processes: pick([1, 2]),
    latency: () => (chaos() && chance(trouble / 20) ? upTo(15_000) : upTo(chance(0.1) ? 400 : 30)),
    // A request that is still on its way when its caller has long given up.
    late: () => upTo(pick([3000, 20_000, 40_000])),
    fateOf,
    changed: changeJudge(violations),
    double: { listLagMs, pendingMs: upTo(2 * MINUTE), runMs: upTo(5 * MINUTE), cancelMs: upTo(pick([1, 60_000])) },
  };

  return inVertexWorld(
    options,
    async (world, time) => {
      now = time.now;
      const documents = await play(world, time, { chance, upTo, pick });
      violations.push(...world.faults.filter((fault) => !EXPLAINED.test(fault)), ...wrongWithJobs(world, documents));
      return {
        violations,
        states: [...new Set(documents.map(({ id }) => id))].map((id) => world.item(id)?.state ?? "none"),
        crashes: world.crashes,
        jobs: world.vertex.jobs.length,
        fates,
      };
    },
    seed,
  );
}

/** A stop that the service did not take comes again with its message. */
const EXPLAINED = /could not be cancelled/;

interface Draws {
  chance(probability: number): boolean;
  upTo(most: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
}

/** What is sent, until all is over. Answers what was sent. */
async function play(world: VertexWorld, time: VirtualTime, { chance, upTo, pick }: Draws): Promise<readonly SentDocument[]> {
  const chaos = () => time.now() < START + CHAOS;
  const documents: SentDocument[] = [];
  const ids = Array.from({ length: 1 + upTo(3) }, (_, index) => `run-${index}`);
  const send = (body: object, after: number) => void time.after(after, () => void world.queue.send(JSON.stringify(body), time.now()));
  // A webhook enqueues a wake-up; where a cancel came before the request, the request.
  const enqueue = (document: SentDocument) => send(world.item(document.id)?.state === undefined ? document : { run: document.id }, 0);
  for (const id of ids) {
    const document: SentDocument = {
      id,
      command: ["work", "first"],
      run_config: { type: "VertexRun", labels: [pick(["a", "a", "b"])] },
      ...(chance(0.1) ? { not_after: new Date(START + upTo(CHAOS)).toISOString() } : {}),
    };
    documents.push(document);
    const cameAt = upTo(4 * MINUTE);
    if (chance(0.2)) time.after(cameAt, () => void acceptRun(world, document).then(() => enqueue(document)));
    else send(document, cameAt);
    if (chance(0.3)) send(document, cameAt + upTo(chance(0.5) ? 300 : 5 * MINUTE));
    if (chance(0.15)) send({ run: id }, cameAt + upTo(2 * MINUTE));
    if (chance(0.3)) send({ cancel: { id } }, chance(0.5) ? cameAt + upTo(1000) : upTo(8 * MINUTE));
  }
  world.feed(() => 1 + upTo(3));
  const over = () => !chaos() && isOver(world, ids);
  await world.tick(
    () => over() || time.now() > START + LONGEST,
    () => chaos() && chance(0.05),
  );
  return documents;
}
