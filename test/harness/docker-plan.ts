/** A random history of dispatchers, their platform and a Docker daemon, all of it drawn from one seed. */
import { chaosOf, MINUTE } from "./chaos.ts";
import { wrongWithContainers } from "./docker-judge.ts";
import { type DockerLauncher, type DockerWorldOptions, dockerConfiguration, dockerTargetDocument, inDockerWorld } from "./docker-world.ts";
import { changeJudge } from "./judge.ts";
import { play } from "./play.ts";

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
  const chaos = chaosOf(seed ^ 0xd0c, { service: "docker:", starts: ["docker:create", "docker:start"], most });
  const { chance, upTo, pick } = chaos;
  const violations: string[] = [];
  const configurations = configurationsOf(chance(0.6));

  const options: DockerWorldOptions = {
    ...(launcher === undefined ? {} : { launcher }),
    configuration: configurations[0],
    processes: pick([1, 2]),
    latency: () => chaos.latency(90_000),
    // A link that is frozen delivers what was sent on it when it thaws.
    late: () => upTo(pick([3000, 30_000, MINUTE])),
    fateOf: chaos.fateOf,
    changed: changeJudge(violations),
    life: () => ({ runMs: upTo(chance(0.3) ? 2000 : 5 * MINUTE), exitCode: chance(0.2) ? 3 : 0 }),
  };

  return inDockerWorld(
    options,
    async (world, time) => {
      chaos.follow(time);
      const documents = await play(world, time, chaos, {
        type: "DockerRun",
        configurations,
        violations,
        started: () => world.engine.state.started.length,
        async afterwards() {
          // Long enough for the sweep to take away whatever is ours.
          const from = time.now();
          await world.tick(
            () => time.now() > from + 60 * MINUTE,
            () => true,
          );
        },
      });
      const ids = [...new Set(documents.map(({ id }) => id))];
      violations.push(...world.faults.filter((fault) => !EXPLAINED.test(fault)), ...wrongWithContainers(world, documents));
      return {
        violations,
        states: ids.map((id) => world.item(id)?.state ?? "none"),
        crashes: world.crashes,
        containers: world.engine.state.made.length,
        fates: chaos.fates,
      };
    },
    seed,
  );
}

/** A stop that got no answer comes again with its message. */
export const EXPLAINED = /"error":"NotTaken"/;

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
