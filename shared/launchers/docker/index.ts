import { defineLauncher } from "../../core/launcher.ts";
import { dockerFailures } from "./failures.ts";
import { placeOf } from "./place.ts";
import { planDocker } from "./plan.ts";
import { dockerFields, dockerTargetIssues } from "./target.ts";

/** Containers on a Docker host. */
export const docker = defineLauncher({
  type: "docker",
  runs: ["DockerRun", "UniversalRun"],
  get fields() {
    return dockerFields();
  },
  targetIssues: dockerTargetIssues,
  failures: dockerFailures,
  supportsSecrets: false,
  inspectSeconds: 60,
  landingSeconds: 60,
  place: placeOf,
  plan: planDocker,
  connect: async (target, services) => (await import("./backend.ts")).connectDocker(target, services),
});
