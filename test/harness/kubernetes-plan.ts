/** A random history of dispatchers, their platform and a cluster, all of it drawn from one seed. */
import type { PodLife } from "../doubles/kubernetes/life.ts";
import { type Chaos, chaosOf, MINUTE } from "./chaos.ts";
import { changeJudge } from "./judge.ts";
import { wrongWithJobs } from "./kubernetes-judge.ts";
import {
  inKubernetesWorld,
  type KubernetesLauncher,
  type KubernetesWorld,
  type KubernetesWorldOptions,
  kubernetesConfiguration,
  kubernetesTargetDocument,
} from "./kubernetes-world.ts";
import { play } from "./play.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What a plan came to. */
export interface KubernetesPlanResult {
  readonly violations: readonly string[];
  readonly states: readonly string[];
  readonly crashes: number;
  readonly jobs: number;
  /** How often calls met each fate, by `<call> <fate>`. */
  readonly fates: ReadonlyMap<string, number>;
  /** How often the cluster answered so, by `<call> <status>`. */
  readonly answers: ReadonlyMap<string, number>;
}

/** Plays the history of a seed, with the launcher or with one that lacks something. */
export function runKubernetesPlan(seed: number, launcher?: KubernetesLauncher): Promise<KubernetesPlanResult> {
  const chaos = chaosOf(seed ^ 0x8a5, { service: "kubernetes:", starts: ["kubernetes:create jobs"] });
  const { chance, upTo, pick, reigns } = chaos;
  const violations: string[] = [];
  const configurations = configurationsOf(chance(0.6));

  function life(): PodLife {
    const passing = reigns() && chance(0.1);
    return {
      scheduleMs: upTo(chance(0.2) ? 2 * MINUTE : 3000),
      startMs: upTo(5000),
      runMs: upTo(chance(0.3) ? 2000 : 5 * MINUTE),
      exitCode: chance(0.2) ? 3 : 0,
      stopMs: upTo(pick([1, 30_000])),
      ...(passing ? { fate: pick(["evicted before it started", "OutOfcpu", "OOMKilled", "Evicted"]) } : {}),
      ...(!passing && chance(0.07) ? { stuck: pick(["ImagePullBackOff", "CreateContainerConfigError", "Unschedulable"]) } : {}),
    };
  }

  const options: KubernetesWorldOptions = {
    ...(launcher === undefined ? {} : { launcher }),
    configuration: configurations[0],
    processes: pick([1, 2]),
    latency: () => chaos.latency(90_000),
    // An API server lets no request live for longer than a minute.
    late: () => upTo(pick([3000, 30_000, MINUTE])),
    fateOf: chaos.fateOf,
    changed: changeJudge(violations),
    double: { namespaces: ["one", "two"], listLagMs: pick([0, 0, 5000, 2 * MINUTE]), life },
  };

  return inKubernetesWorld(
    options,
    async (world, time) => {
      chaos.follow(time);
      const documents = await play(world, time, chaos, {
        type: "KubernetesRun",
        more: () => (chance(0.1) ? { timeout_seconds: 1 + upTo(120) } : {}),
        configurations,
        violations,
        started: () => world.cluster.jobs().length,
        meanwhile: () => refusals(world, time, chaos),
      });
      const ids = [...new Set(documents.map(({ id }) => id))];
      const answers = new Map<string, number>();
      for (const { call, status } of world.cluster.calls) answers.set(`${call} ${status}`, (answers.get(`${call} ${status}`) ?? 0) + 1);
      violations.push(...world.faults.filter((fault) => !EXPLAINED.test(fault)), ...wrongWithJobs(world, documents));
      return {
        violations,
        states: ids.map((id) => world.item(id)?.state ?? "none"),
        crashes: world.crashes,
        jobs: world.cluster.jobs().length,
        fates: chaos.fates,
        answers,
      };
    },
    seed,
  );
}

/** A stop that got no answer, or that the cluster was too busy for, comes again with its message. */
const EXPLAINED = /"error":"KubernetesProblem"/;

/** A quota that is full, or a cluster that is too busy, for a while. */
function refusals(world: KubernetesWorld, time: VirtualTime, { chance, upTo, pick }: Chaos): void {
  if (!chance(0.3)) return;
  const kind = pick(["quota", "quotaConflict", "tooMany"] as const);
  const from = upTo(5 * MINUTE);
  time.after(from, () => world.cluster.refuse("create jobs", kind, true));
  time.after(from + upTo(8 * MINUTE), () => world.cluster.allow());
}

/** The usual targets, and what an operator may make of them meanwhile: other labels, other variables, a target gone. */
function configurationsOf(falls: boolean): readonly [string, ...string[]] {
  const common = { start_timeout_seconds: 240 };
  const one = kubernetesTargetDocument({ ...common, name: "one", namespace: "one", labels: ["a"], fallback: falls ? ["two"] : [] });
  const two = kubernetesTargetDocument({ ...common, name: "two", namespace: "two", labels: ["b"] });
  return [
    kubernetesConfiguration([one, two]),
    kubernetesConfiguration([
      { ...one, labels: ["b"], env: { CHANGED: "1" } },
      { ...two, labels: ["a"], image: "img:2" },
    ]),
    kubernetesConfiguration([{ ...two, labels: ["a", "b"], env: { CHANGED: "2" } }]),
    kubernetesConfiguration([
      // It means another place for a while: what was launched there waits for it, and nothing new goes there.
      { ...two, namespace: "one", labels: ["never"] },
      { ...one, labels: ["a", "b"], image: "img:3", fallback: [] },
    ]),
  ];
}
