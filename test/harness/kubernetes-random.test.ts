/** Random histories over a cluster: none lost, none twice, none endless, and what has ended stays as it ended. Without the name that does not hold. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { kubernetes } from "../../shared/launchers/kubernetes/index.ts";
import { expectMishaps, foundOut, MANY, testHistories } from "./histories.ts";
import { runKubernetesPlan } from "./kubernetes-plan.ts";
import type { KubernetesLauncher } from "./kubernetes-world.ts";

const { plans, played } = testHistories({
  file: "kubernetes-random",
  rule: "no run is lost, started twice or endless, and none changes after its end",
  play: (seed) => runKubernetesPlan(seed),
  plans: 60,
  counts: { Jobs: (one) => one.jobs },
  again: 3,
});

test("every mishap of the call that makes a Job is among them, where there are many, and Jobs that were there already", () => {
  expectMishaps(played, ["kubernetes:create jobs"], plans);
  const answers = new Set(played.flatMap((result) => [...result.answers.keys()]));
  if (plans >= 500) expect([...answers]).toEqual(expect.arrayContaining(["create jobs 409", "create jobs 403", "create jobs 201"]));
});

/** The launcher with another name for each repeat of an attempt: it does not meet the first one's Job. */
function withoutTheName(): KubernetesLauncher {
  const names = new Set<JsonObject[string]>();
  return {
    ...kubernetes,
    plan(run, target) {
      const [{ api, input }] = kubernetes.plan(run, target).calls;
      const metadata = input.body["metadata"] as JsonObject;
      const name = names.has(metadata["name"] ?? "") ? `again-${names.size}` : (metadata["name"] ?? "");
      names.add(name);
      return { calls: [{ api, input: { ...input, body: { ...input.body, metadata: { ...metadata, name } } } }] };
    },
  };
}

test("without the name: found out", MANY, () =>
  foundOut((seed) => runKubernetesPlan(seed, withoutTheName()), /it ran \d times|an attempt was started twice/),
);
