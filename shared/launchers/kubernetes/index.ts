import { defineLauncher } from "../../core/launcher.ts";
import { notYetLaunched } from "../../core/not-yet-launched.ts";
import { planKubernetes } from "./plan.ts";
import { rightsOf } from "./rights.ts";
import { type KubernetesSettings, kubernetesFields, kubernetesTargetIssues } from "./target.ts";
import { templatePath } from "./template.ts";

/** Jobs on a Kubernetes cluster. */
export const kubernetes = defineLauncher({
  ...notYetLaunched<KubernetesSettings>("kubernetes"),
  type: "kubernetes",
  runs: ["KubernetesRun", "UniversalRun"],
  fields: kubernetesFields,
  targetIssues: kubernetesTargetIssues,
  supportsSecrets: true,
  templatePath,
  plan: planKubernetes,
  rights: rightsOf,
});
