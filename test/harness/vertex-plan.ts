/** A random history of dispatchers, their platform and Vertex AI, all of it drawn from one seed. */
import { acceptRun } from "./accept.ts";
import { CHAOS, type Chaos, chaosOf, LONGEST, MINUTE } from "./chaos.ts";
import { changeJudge, isOver, type SentDocument } from "./judge.ts";
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
  const chaos = chaosOf(seed ^ 0x7e7, { service: "vertex:", starts: ["vertex:CreateCustomJob"] });
  const { upTo, pick } = chaos;
  const violations: string[] = [];

  const options: VertexWorldOptions = {
    ...(launcher === undefined ? {} : { launcher }),
    configuration: vertexConfiguration([
      vertexTargetDocument({ labels: ["a"] }),
      vertexTargetDocument({ name: "other", region: "us-central1", labels: ["b"] }),
    ]),
    processes: pick([1, 2]),
    latency: () => chaos.latency(15_000),
    // A request that is still on its way when its caller has long given up.
    late: () => upTo(pick([3000, 20_000, 40_000])),
    fateOf: chaos.fateOf,
    changed: changeJudge(violations),
    double: { listLagMs, pendingMs: upTo(2 * MINUTE), runMs: upTo(5 * MINUTE), cancelMs: upTo(pick([1, 60_000])) },
  };

  return inVertexWorld(
    options,
    async (world, time) => {
      chaos.follow(time);
      const documents = await play(world, time, chaos);
      violations.push(...world.faults.filter((fault) => !EXPLAINED.test(fault)), ...wrongWithJobs(world, documents));
      return {
        violations,
        states: [...new Set(documents.map(({ id }) => id))].map((id) => world.item(id)?.state ?? "none"),
        crashes: world.crashes,
        jobs: world.vertex.jobs.length,
        fates: chaos.fates,
      };
    },
    seed,
  );
}

/** A stop that the service did not take comes again with its message. */
const EXPLAINED = /could not be cancelled/;

/** What is sent, until all is over. Answers what was sent. */
async function play(world: VertexWorld, time: VirtualTime, chaos: Chaos): Promise<readonly SentDocument[]> {
  const { chance, upTo, pick } = chaos;
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
  const over = () => !chaos.reigns() && isOver(world, ids);
  await world.tick(
    () => over() || time.now() > START + LONGEST,
    () => chaos.reigns() && chance(0.05),
  );
  return documents;
}
