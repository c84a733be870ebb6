import { runKey } from "../../shared/core/identity.ts";
import type { PlannedRun, RunConfig, RunConfigType, RunRequest } from "../../shared/core/run.ts";
import type { Target } from "../../shared/core/target.ts";
import type { DoubleSettings } from "./service-double.ts";

/** Every type of run config. */
export const RUN_CONFIG_TYPES: readonly RunConfigType[] = ["UniversalRun", "LocalRun", "DockerRun", "KubernetesRun", "ECSRun", "VertexRun"];

/** A run config of type UniversalRun without labels, but for what the test says. */
export function runConfig(over: Partial<RunConfig> = {}): RunConfig {
  return { type: "UniversalRun", env: {}, labels: [], ...over } as RunConfig;
}

/** A request `run-1`, but for what the test says. */
export function runRequest(over: Partial<RunRequest> = {}): RunRequest {
  return { id: "run-1", runConfig: runConfig(), ...over };
}

/** The first attempt of a request. */
export function plannedRun(over: Partial<RunRequest> = {}, attempt = 1): PlannedRun {
  const request = runRequest(over);
  return { deployment: "test", key: runKey(request.id), attempt, request };
}

/** A target of the service double, named `one`, but for what the test says. */
export function doubleTarget(over: Partial<Target<DoubleSettings>> = {}): Target<DoubleSettings> {
  const name = over.name ?? "one";
  return {
    name,
    type: "double",
    labels: [],
    env: {},
    enforcedEnv: {},
    secrets: {},
    tags: {},
    startTimeoutSeconds: 900,
    fallback: [],
    relaunch: 2,
    settings: { place: `place of ${name}` },
    ...over,
  };
}
