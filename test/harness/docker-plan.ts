/** A random history of dispatchers, their platform and a Docker daemon, all of it drawn from one seed. */
import { seededRandom } from "../support/random.ts";
import { acceptRun } from "./accept.ts";
import { wrongWithContainers } from "./docker-judge.ts";
import {
  type DockerLauncher,
  type DockerWorld,
  type DockerWorldOptions,
  dockerConfiguration,
  dockerTargetDocument,
  inDockerWorld,
} from "./docker-world.ts";
import { changeJudge, isOver, type SentDocument } from "./judge.ts";
import type { CallFate, Departure } from "./life.ts";
import { START, type VirtualTime } from "./virtual-time.ts";

const MINUTE = 60_000;
/** Faults happen until then. */
const CHAOS = 12 * MINUTE;
/** What has not come to its end by then is endless. */
const LONGEST = 30 * 60 * MINUTE;

/** What a plan came to. */
export interface DockerPlanResult {
  readonly violations: readonly string[];
  readonly states: readonly string[];
  readonly crashes: number;
  readonly containers: number;
  /** How often calls met each fate, by `<call> <fate>`. */
  readonly fates: ReadonlyMap<string, number>;
}

/** Plays the history of a seed, with the launcher or with one that lacks something. `most` is the share of calls that may go wrong. */
export function runDockerPlan(seed: number, launcher?: DockerLauncher, most = 0.15): Promise<DockerPlanResult> {
  const random = seededRandom(seed ^ 0xd0c);
  const chance = (probability: number) => random() < probability;
  const upTo = (most: number) => Math.floor(random() * most);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];
  const draws = { chance, upTo, pick };
  let now = () => START;
  const chaos = () => now() < START + CHAOS;

  const violations: string[] = [];
  const fates = new Map<string, number>();
  const trouble = pick([0, most / 5, most / 2, most]);
  const configurations = configurationsOf(chance(0.6));

  function fateOf({ call }: Departure): CallFate {
    const fate = drawnFate(call);
    if (call.startsWith("docker:")) fates.set(`${call} ${fate}`, (fates.get(`${call} ${fate}`) ?? 0) + 1);
    return fate;
  }

  function drawnFate(call: string): CallFate {
    // A sweep asks sixteen times: it would never come through.
    if (!chaos() || !chance(call.endsWith(":Query") ? trouble / 8 : trouble)) return "answered";
    return pick(["stopped before", "stopped after", "stopped after", "lost", "answer lost", "answer lost", "late", "throttled"]);
  }

  const options: DockerWorldOptions = {
    ...(launcher === undefined ? {} : { launcher }),
    configuration: configurations[0],
    processes: pick([1, 2]),
    latency: () => (chaos() && chance(trouble / 20) ? upTo(90_000) : upTo(chance(0.1) ? 400 : 30)),
    // A link that is frozen delivers what was sent on it when it thaws.
    late: () => upTo(pick([3000, 30_000, MINUTE])),
    fateOf,
    changed: changeJudge(violations),
    life: () => ({ runMs: upTo(chance(0.3) ? 2000 : 5 * MINUTE), exitCode: chance(0.2) ? 3 : 0 }),
  };

  return inDockerWorld(
    options,
    async (world, time) => {
      now = time.now;
      const documents = await play(world, time, draws, { configurations, violations });
      const ids = [...new Set(documents.map(({ id }) => id))];
      violations.push(...world.faults.filter((fault) => !EXPLAINED.test(fault)), ...wrongWithContainers(world, documents));
      return {
        violations,
        states: ids.map((id) => world.item(id)?.state ?? "none"),
        crashes: world.crashes,
        containers: world.engine.state.made.length,
        fates,
      };
    },
    seed,
  );
}

/** A stop that got no answer comes again with its message. */
export const EXPLAINED = /"error":"NotTaken"/;

interface Draws {
  chance(probability: number): boolean;
  upTo(most: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
}

/** What is sent, and what the operator does meanwhile, until all is over and has been asked for once more. Answers what was sent. */
async function play(
  world: DockerWorld,
  time: VirtualTime,
  { chance, upTo, pick }: Draws,
  given: { readonly configurations: readonly [string, ...string[]]; readonly violations: string[] },
): Promise<readonly SentDocument[]> {
  const chaos = () => time.now() < START + CHAOS;
  const documents: SentDocument[] = [];
  const ids = Array.from({ length: 1 + upTo(3) }, (_, index) => `run-${index}`);
  const send = (body: object, after: number) => void time.after(after, () => void world.queue.send(JSON.stringify(body), time.now()));
  for (const id of ids) {
    const document: SentDocument = {
      id,
      command: ["work", "first"],
      run_config: { type: "DockerRun", labels: [pick(["a", "a", "b"])] },
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
  for (let changes = chance(0.5) ? 1 + upTo(3) : 0; changes > 0; changes--) {
    const next = pick(given.configurations);
    time.after(upTo(CHAOS), () => world.deploy(next));
  }
  time.after(CHAOS, () => world.deploy(given.configurations[0]));

  world.feed(() => 1 + upTo(3));
  const over = () => !chaos() && isOver(world, ids);
  await world.tick(
    () => over() || time.now() > START + LONGEST,
    () => chaos() && chance(0.05),
  );

  // Whatever comes once more after the end changes nothing; the judge of changes watches.
  const made = world.engine.state.started.length;
  for (const document of documents) world.queue.send(JSON.stringify(document), time.now());
  for (const id of ids) for (const late of [{ run: id }, { cancel: { id } }]) world.queue.send(JSON.stringify(late), time.now());
  await time.sleep(5 * MINUTE);
  // Long enough for the sweep to take away whatever is ours.
  const from = time.now();
  await world.tick(
    () => time.now() > from + 60 * MINUTE,
    () => true,
  );
  if (world.engine.state.started.length > made) given.violations.push("a message after the end started something");
  return documents;
}

/** The usual targets, and what an operator may make of them meanwhile: other labels, other variables, a target gone. */
function configurationsOf(falls: boolean): readonly [string, ...string[]] {
  const common = { start_timeout_seconds: 240 };
  const one = dockerTargetDocument({ ...common, name: "one", host: "unix:///one.sock", labels: ["a"], fallback: falls ? ["two"] : [] });
  const two = dockerTargetDocument({ ...common, name: "two", host: "unix:///two.sock", labels: ["b"] });
  return [
    dockerConfiguration([one, two]),
    dockerConfiguration([
      { ...one, labels: ["b"], env: { CHANGED: "1" } },
      { ...two, labels: ["a"], image: "img:2" },
    ]),
    dockerConfiguration([{ ...two, labels: ["a", "b"], env: { CHANGED: "2" } }]),
    dockerConfiguration([
      // It means another place for a while: what was launched there waits for it, and nothing new goes there.
      { ...two, host: "unix:///one.sock", labels: ["never"] },
      { ...one, labels: ["a", "b"], image: "img:3", fallback: [] },
    ]),
  ];
}
