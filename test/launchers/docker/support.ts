import { runKey } from "../../../shared/core/identity.ts";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { DockerRun, PlannedRun } from "../../../shared/core/run.ts";
import type { Target } from "../../../shared/core/target.ts";
import { type DockerPlan, planDocker } from "../../../shared/launchers/docker/plan.ts";
import type { DockerSettings } from "../../../shared/launchers/docker/target.ts";

/** A target on a local socket that nobody listens on. */
export function dockerTarget(over: Partial<Target<DockerSettings>> = {}): Target<DockerSettings> {
  return {
    name: "box",
    type: "docker",
    labels: [],
    env: {},
    enforcedEnv: {},
    secrets: {},
    tags: {},
    image: "image:1",
    startTimeoutSeconds: 900,
    fallback: [],
    relaunch: 2,
    settings: { host: { kind: "unix", path: "/nonexistent/docker.sock" } },
    ...over,
  };
}

/** A target with these settings beside its host. */
export function targetWith(settings: Partial<DockerSettings>, over: Partial<Target<DockerSettings>> = {}): Target<DockerSettings> {
  const target = dockerTarget(over);
  return { ...target, settings: { ...target.settings, ...settings } };
}

/** A DockerRun. */
export function dockerRun(config: Partial<DockerRun> = {}, over: Partial<PlannedRun["request"]> = {}): PlannedRun {
  const runConfig: DockerRun = { type: "DockerRun", env: {}, labels: [], ...config };
  return { deployment: "test", key: runKey("r"), attempt: 1, request: { id: "r", runConfig, ...over } };
}

/** The body of the container that a plan makes. */
export function bodyOf(plan: DockerPlan): JsonObject {
  for (const call of plan.calls) if (call.api === "docker:createContainer") return call.input.body;
  throw new Error("no container is made");
}

/** The HostConfig that comes of a run's `host_config`; everything is allowed, unless the target says otherwise. */
export function hostConfig(given: JsonObject, target = dockerTarget({ allow: "*" })): JsonObject {
  return bodyOf(planDocker(dockerRun({ hostConfig: given }), target))["HostConfig"] as JsonObject;
}
