import { defineLauncher } from "../../core/launcher.ts";
import { notYetLaunched } from "../../core/not-yet-launched.ts";
import { planDocker } from "./plan.ts";
import { type DockerSettings, dockerFields, dockerTargetIssues } from "./target.ts";

/** Containers on a Docker host. */
export const docker = defineLauncher({
  ...notYetLaunched<DockerSettings>("docker"),
  type: "docker",
  runs: ["DockerRun", "UniversalRun"],
  fields: dockerFields,
  targetIssues: dockerTargetIssues,
  supportsSecrets: false,
  plan: planDocker,
});
