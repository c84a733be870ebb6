import { defineLauncher } from "../../core/launcher.ts";
import { kubernetesFailures } from "./failures.ts";
import { SHORTEST_TTL } from "./once.ts";
import { placeOf } from "./place.ts";
import { planKubernetes } from "./plan.ts";
import { rightsOf } from "./rights.ts";
import { kubernetesFields, kubernetesTargetIssues } from "./target.ts";
import { templatePath } from "./template.ts";

/** Jobs on a Kubernetes cluster: EKS, GKE or any other. */
export const kubernetes = defineLauncher({
  type: "kubernetes",
  runs: ["KubernetesRun", "UniversalRun"],
  get fields() {
    return kubernetesFields();
  },
  targetIssues: kubernetesTargetIssues,
  failures: kubernetesFailures,
  supportsSecrets: true,
  inspectSeconds: 60,
  // The API server gives up a request after a minute; what waits in front of it, not long after.
  landingSeconds: 120,
  // A Job is there for a day after its end, and it can't end before it was made.
  repeatSeconds: 23 * 3600,
  keepSeconds: SHORTEST_TTL,
  stopRemoves: true,
  place: placeOf,
  templatePath,
  plan: planKubernetes,
  rights: rightsOf,
  connect: async (target, services) => (await import("./backend.ts")).connectKubernetes(target, services),
});
