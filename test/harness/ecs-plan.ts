/** A random history of dispatchers, their platform and ECS, all of it drawn from one seed. */
import { REASONS } from "../doubles/ecs/capacity.ts";
import { type Chaos, chaosOf, MINUTE } from "./chaos.ts";
import { wrongWithTasks } from "./ecs-judge.ts";
import { type EcsLauncher, type EcsWorld, type EcsWorldOptions, ecsConfiguration, ecsTargetDocument, inEcsWorld } from "./ecs-world.ts";
import { changeJudge } from "./judge.ts";
import { play } from "./play.ts";
import type { VirtualTime } from "./virtual-time.ts";

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
  const chaos = chaosOf(seed ^ 0xec5, { service: "ecs:", starts: ["ecs:RunTask"] });
  const { chance, upTo, pick, reigns } = chaos;
  const violations: string[] = [];
  const configurations = configurationsOf(chance(0.6));

  const options: EcsWorldOptions = {
    ...(launcher === undefined ? {} : { launcher }),
    configuration: configurations[0],
    processes: pick([1, 2]),
    latency: () => chaos.latency(90_000),
    late: () => upTo(pick([3000, 30_000, 4 * MINUTE])),
    fateOf: chaos.fateOf,
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
        ...(reigns() && chance(0.1) ? { failToStart: pick([REASONS.capacity, "CannotPullContainerError: i/o timeout"]) } : {}),
      }),
    },
  };

  return inEcsWorld(
    options,
    async (world, time) => {
      chaos.follow(time);
      const documents = await play(world, time, chaos, {
        type: "ECSRun",
        configurations,
        violations,
        started: () => world.ecs.tasks().length,
        meanwhile: () => shortagesAndEvents(world, time, chaos),
      });
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
        fates: chaos.fates,
        answers,
      };
    },
    seed,
  );
}

/** A stop that ECS was too busy for, that was cut off, or whose answer broke off, comes again with its message. */
const EXPLAINED = /"error":"(AbortError|ThrottlingException|UnreadableAnswer)"/;

/** Room that lacks for a while, and a bus that brings events late, twice or never. */
function shortagesAndEvents(world: EcsWorld, time: VirtualTime, { chance, upTo, pick }: Chaos): void {
  if (chance(0.3)) {
    const shortage = { reason: pick([REASONS.memory, REASONS.capacity]), forMs: upTo(8 * MINUTE) };
    time.after(upTo(5 * MINUTE), () => world.ecs.fail(shortage));
  }
  const heard = pick([0, 0.5, 1]);
  world.ecs.subscribe((event) => {
    for (const again of [1, 0.2])
      if (chance(heard * again)) time.after(upTo(pick([100, 5000, 2 * MINUTE])), () => void world.observe(event));
  });
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
