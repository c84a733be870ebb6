import type { JsonObject } from "./json.ts";

/** An environment value as a document gives it; null takes away what was set lower down. */
export type EnvironmentValue = string | number | boolean | null;

/** Variables by name. */
export type Environment = Readonly<Record<string, EnvironmentValue>>;

interface RunConfigBase {
  readonly env: Environment;
  readonly labels: readonly string[];
}

/** Runs on any target that its labels match. */
export interface UniversalRun extends RunConfigBase {
  readonly type: "UniversalRun";
}

/** Runs as a process on the dispatcher's own machine. */
export interface LocalRun extends RunConfigBase {
  readonly type: "LocalRun";
  readonly workingDir?: string;
}

/** Runs as a container on a Docker host. */
export interface DockerRun extends RunConfigBase {
  readonly type: "DockerRun";
  readonly image?: string;
  /** Ports that the container exposes, 1-65535. */
  readonly ports?: readonly number[];
  readonly hostConfig?: JsonObject;
}

/** Runs as a Kubernetes Job. Not both of `jobTemplate` and `jobTemplatePath`. */
export interface KubernetesRun extends RunConfigBase {
  readonly type: "KubernetesRun";
  readonly jobTemplatePath?: string;
  readonly jobTemplate?: JsonObject;
  readonly image?: string;
  readonly cpuLimit?: string;
  readonly cpuRequest?: string;
  readonly memoryLimit?: string;
  readonly memoryRequest?: string;
  readonly serviceAccountName?: string;
  readonly imagePullSecrets?: readonly string[];
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
}

/** Runs as an ECS task. At most one of `taskDefinition`, `taskDefinitionPath`, `taskDefinitionArn`; the last not with `image`. */
export interface ECSRun extends RunConfigBase {
  readonly type: "ECSRun";
  readonly taskDefinition?: JsonObject;
  readonly taskDefinitionPath?: string;
  readonly taskDefinitionArn?: string;
  readonly image?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly runTaskKwargs?: JsonObject;
}

/** Runs as a Vertex AI CustomJob. */
export interface VertexRun extends RunConfigBase {
  readonly type: "VertexRun";
  readonly image?: string;
  /** `e2-standard-4` where the document said nothing; absent where it said null, so that the target's serves. */
  readonly machineType?: string;
  readonly scheduling?: JsonObject;
  readonly serviceAccount?: string;
  readonly network?: string;
  /** A null keeps the place of a pool that is left out: those behind it have fixed roles. */
  readonly workerPoolSpecs?: readonly (JsonObject | null)[];
}

/** How to run a run: one of the run config types, told apart by `type`. */
export type RunConfig = UniversalRun | LocalRun | DockerRun | KubernetesRun | ECSRun | VertexRun;

/** The name of a run config type. */
export type RunConfigType = RunConfig["type"];

/** Where a flow's code is kept. Storage of type Docker names the image; any other is handed to the workload as it is. */
export type FlowStorage = JsonObject & { readonly type: string };

/** What is run: all parts are for the workload and for people, but `storage` of type Docker, which names the image. */
export interface Flow {
  readonly id?: string;
  readonly name?: string;
  readonly version?: string | number;
  readonly storage?: FlowStorage;
}

/** A validated run request. */
export interface RunRequest {
  /** 1-200 printable ASCII characters. */
  readonly id: string;
  readonly name?: string;
  readonly flow?: Flow;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly parameters?: JsonObject;
  /** Pins the run to a target. */
  readonly target?: string;
  readonly timeoutSeconds?: number;
  /** Epoch milliseconds; a run that would first be submitted later is `EXPIRED`. */
  readonly notAfter?: number;
  readonly traceparent?: string;
  readonly runConfig: RunConfig;
}

/** Where a template is to be read from, and whose word that is: what a run brings is held to the target's `allow`. */
export interface TemplatePath {
  readonly path: string;
  readonly origin: "run" | "target";
  /** The field that names it, as `run_config.job_template_path`: where a refusal points. */
  readonly field?: string;
}

/** A template that was read from a path. */
export interface LoadedTemplate extends TemplatePath {
  readonly document: JsonObject;
  /** The object's version id, its ETag, or a digest of the file: the record keeps which one was used. */
  readonly version: string;
}

/** What a launcher plans: the request, and which attempt of which deployment it is for. */
export interface PlannedRun {
  readonly deployment: string;
  readonly key: string;
  /** From 1. */
  readonly attempt: number;
  readonly request: RunRequest;
  /** What `templatePath` named, read. */
  readonly template?: LoadedTemplate;
}
