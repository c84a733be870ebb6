/** A random history of dispatchers, their platform and ECS, all of it drawn from one seed. */
import { REASONS } from "../doubles/ecs/capacity.ts";
import { seededRandom } from "../support/random.ts";
import { acceptRun } from "./accept.ts";
import { wrongWithTasks } from "./ecs-judge.ts";
import { type EcsLauncher, type EcsWorld, type EcsWorldOptions, ecsConfiguration, ecsTargetDocument, inEcsWorld } from "./ecs-world.ts";
import { changeJudge, isOver, type SentDocument } from "./judge.ts";
import type { CallFate, Departure } from "./life.ts";
import { START, type VirtualTime } from "./virtual-time.ts";

const MINUTE = 60_000;
/** Faults happen until then. */
const CHAOS = 12 * MINUTE;
/** What has not come to its end by then is endless. */
const LONGEST = 30 * 60 * MINUTE;

/** What a plan came to. */
export interface EcsPlanResult {
  readonly violations: readonly string[];
  readonly states: readonly string[];
  readonly crashes: number;
  readonly tasks: number;
  /** How often calls of ECS met each fate, by `<call> <fate>`. */
  readonly fates: ReadonlyMap<string, number>;
  /** How often ECS answered so, by `<operation> <answer>`. */
  readonly answers: ReadonlyMap<string, number>;
}

/** Plays the history of a seed, with the launcher or with one that lacks something. */
export function runEcsPlan(seed: number, launcher?: EcsLauncher): Promise<EcsPlanResult> {
  const random = seededRandom(seed ^ 0xec5);
  const chance = (probability: number) => random() < probability;
  const upTo = (most: number) => Math.floor(random() * most);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];
  const draws = { chance, upTo, pick };
  let now = () => START;
  const chaos = () => now() < START + CHAOS;

  const violations: string[] = [];
  const fates = new Map<string, number>();
  const trouble = pick([0, 0.03, 0.08, 0.15]);
  const configurations = configurationsOf(chance(0.6));

  function fateOf({ call }: Departure): CallFate {
    const fate = drawnFate(call);
    if (call.startsWith("ecs:")) fates.set(`${call} ${fate}`, (fates.get(`${call} ${fate}`) ?? 0) + 1);
    return fate;
  }

  function drawnFate(call: string): CallFate {
    // A sweep asks sixteen times: it would never come through.
    if (!chaos() || !chance(call.endsWith(":Query") ? trouble / 8 : trouble)) return "answered";
    return pick(["stopped before", "stopped after", "stopped after", "lost", "answer lost", "answer lost", "late", "throttled"]);
  }

  const options: EcsWorldOptions = {
    ...(launcher === undefined ? {} : { launcher }),
    configuration: configurations[0],
    processes: pick([1, 2]),
    latency: () => (chaos() && chance(trouble / 20) ? upTo(90_000) : upTo(chance(0.1) ? 400 : 30)),
    late: () => upTo(pick([3000, 30_000, 4 * MINUTE])),
    fateOf,
    changed: changeJudge(violations),
    double: {
      clusters: ["one", "two"],
      readLagMs: pick([0, 0, 5000, 2 * MINUTE]),
      life: () => ({
        provisioningMs: upTo(5000),
        pendingMs: upTo(chance(0.2) ? 2 * MINUTE : 5000),
        runMs: upTo(chance(0.3) ? 2000 : 5 * MINUTE),
        exitCode: chance(0.2) ? 3 : 0,
        stopMs: upTo(pick([1, 30_000])),
        ...(chaos() && chance(0.1) ? { failToStart: pick([REASONS.capacity, "CannotPullContainerError: i/o timeout"]) } : {}),
      }),
    },
  };

  return inEcsWorld(
    options,
    async (world, time) => {
      now = time.now;
      const documents = await play(world, time, draws, { trouble, configurations, violations });
      const ids = [...new Set(documents.map(({ id }) => id))];
      const answers = new Map<string, number>();
      for (const { operation, answer } of world.ecs.requests)
        answers.set(`${operation} ${answer}`, (answers.get(`${operation} ${answer}`) ?? 0) + 1);
      violations.push(...world.faults.filter((fault) => !EXPLAINED.test(fault)), ...wrongWithTasks(world, documents));
      return {
        violations,
        states: ids.map((id) => world.item(id)?.state ?? "none"),
        crashes: world.crashes,
        tasks: world.ecs.tasks().length,
        fates,
        answers,
      };
    },
    seed,
  );
}

/** A stop that ECS was too busy for comes again with its message. */
const EXPLAINED = /"error":"ThrottlingException"/;

interface Draws {
  chance(probability: number): boolean;
  upTo(most: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
}

/** What is sent, and what the operator does meanwhile, until all is over and has been asked for once more. Answers what was sent. */
async function play(
  world: EcsWorld,
  time: VirtualTime,
  { chance, upTo, pick }: Draws,
  given: { readonly trouble: number; readonly configurations: readonly [string, ...string[]]; readonly violations: string[] },
): Promise<readonly SentDocument[]> {
  const chaos = () => time.now() < START + CHAOS;
  const documents: SentDocument[] = [];
  const ids = Array.from({ length: 1 + upTo(3) }, (_, index) => `run-${index}`);
  const send = (body: object, after: number) => void time.after(after, () => void world.queue.send(JSON.stringify(body), time.now()));
  for (const id of ids) {
    const document: SentDocument = {
      id,
      command: ["work", "first"],
      run_config: { type: "ECSRun", labels: [pick(["a", "a", "b"])] },
      ...(chance(0.1) ? { not_after: new Date(START + upTo(CHAOS)).toISOString() } : {}),
    };
    const another: SentDocument = { ...document, command: ["work", "second"] };
    documents.push(document);
    const cameAt = upTo(4 * MINUTE);
    if (chance(0.2)) {
      time.after(cameAt, () => {
        void acceptRun(world, document).then(() => {
          // A webhook that died before it enqueued.
          if (!chance(0.3)) world.queue.send(JSON.stringify({ run: id }), time.now());
        });
      });
    } else send(document, cameAt);
    if (chance(0.3)) send(document, cameAt + upTo(chance(0.5) ? 300 : 5 * MINUTE));
    if (chance(0.15)) {
      documents.push(another);
      send(another, upTo(8 * MINUTE));
    }
    if (chance(0.15)) send({ run: id }, cameAt + upTo(2 * MINUTE));
    if (chance(0.3)) send({ cancel: { id } }, chance(0.5) ? cameAt + upTo(1000) : upTo(8 * MINUTE));
  }
  if (chance(0.3)) {
    const shortage = { reason: pick([REASONS.memory, REASONS.capacity]), forMs: upTo(8 * MINUTE) };
    time.after(upTo(5 * MINUTE), () => world.ecs.fail(shortage));
  }
  for (let changes = chance(0.5) ? 1 + upTo(3) : 0; changes > 0; changes--) {
    const next = pick(given.configurations);
    time.after(upTo(CHAOS), () => world.deploy(next));
  }
  time.after(CHAOS, () => world.deploy(given.configurations[0]));

  // The bus brings events late, twice or never.
  const heard = pick([0, 0.5, 1]);
  world.ecs.subscribe((event) => {
    for (const again of [1, 0.2])
      if (chance(heard * again)) time.after(upTo(pick([100, 5000, 2 * MINUTE])), () => void world.observe(event));
  });
  world.feed(() => 1 + upTo(3));
  const over = () => !chaos() && isOver(world, ids);
  await world.tick(
    () => over() || time.now() > START + LONGEST,
    () => chaos() && chance(0.05),
  );

  // Whatever comes once more after the end changes nothing; the judge of changes watches.
  const started = world.ecs.tasks().length;
  for (const document of documents) world.queue.send(JSON.stringify(document), time.now());
  for (const id of ids) for (const late of [{ run: id }, { cancel: { id } }]) world.queue.send(JSON.stringify(late), time.now());
  await time.sleep(5 * MINUTE);
  if (world.ecs.tasks().length > started) given.violations.push("a message after the end started something");
  return documents;
}

/** The usual targets, and what an operator may make of them meanwhile: other labels, other variables, a target gone. */
function configurationsOf(falls: boolean): readonly [string, ...string[]] {
  const one = ecsTargetDocument({ name: "one", cluster: "one", labels: ["a"], fallback: falls ? ["two"] : [] });
  const two = ecsTargetDocument({ name: "two", cluster: "two", labels: ["b"] });
  return [
    ecsConfiguration([one, two]),
    ecsConfiguration([
      { ...one, labels: ["b"], env: { CHANGED: "1" } },
      { ...two, labels: ["a"], image: "img:2" },
    ]),
    ecsConfiguration([{ ...two, labels: ["a", "b"], env: { CHANGED: "2" } }]),
    ecsConfiguration([
      // It means another place for a while: what was launched there waits for it, and nothing new goes there.
      { ...two, cluster: "one", labels: ["never"] },
      { ...one, labels: ["a", "b"], image: "img:3", fallback: [] },
    ]),
  ];
}
