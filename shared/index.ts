/** What programs may import: run configs as values, to write and to read. */
export { type Issue, Refusal, type RefusalCode } from "./core/errors.ts";
export type { Json, JsonObject } from "./core/json.ts";
export type {
  DockerRun,
  ECSRun,
  Environment,
  EnvironmentValue,
  KubernetesRun,
  LocalRun,
  RunConfig,
  RunConfigType,
  UniversalRun,
  VertexRun,
} from "./core/run.ts";
export { parseRunConfig, serializeRunConfig } from "./schema/run-config/index.ts";
