import * as z from "zod/mini";
import { byCodeUnit, isObject, type Json, type JsonObject } from "../../core/json.ts";
import { late } from "../../core/late.ts";
import type { RunConfig, RunConfigType } from "../../core/run.ts";
import { parse } from "../issues.ts";
import { asJson } from "../json-value.ts";
import { camelCase } from "../naming.ts";
import type { RunConfigSchema } from "./common.ts";
import { dockerRun } from "./docker-run.ts";
import { ecsRun } from "./ecs-run.ts";
import { kubernetesRun } from "./kubernetes-run.ts";
import { localRun } from "./local-run.ts";
import { universalRun } from "./universal-run.ts";
import { vertexRun } from "./vertex-run.ts";

/** Every type of run config. A type of the code without a schema here does not compile. */
export const runConfigSchemas: { readonly [Type in RunConfigType]: RunConfigSchema<Extract<RunConfig, { type: Type }>> } = {
  UniversalRun: universalRun,
  LocalRun: localRun,
  DockerRun: dockerRun,
  KubernetesRun: kubernetesRun,
  ECSRun: ecsRun,
  VertexRun: vertexRun,
};

/** The names of the types. */
export const runConfigTypes: readonly string[] = Object.keys(runConfigSchemas);

type Alternative = z.core.$ZodType<RunConfig> & z.core.$ZodTypeDiscriminable;

/** Any run config. zod wants a tuple that is not empty, which a list made of the record above is without the compiler's knowing it. */
export const runConfig = late(
  () =>
    z.discriminatedUnion(
      "type",
      Object.values(runConfigSchemas).map(({ schema }) => schema) as readonly Alternative[] as readonly [Alternative, ...Alternative[]],
    ) as unknown as z.ZodMiniType<RunConfig>,
);

/** The schema that a document is held against: its own type's alone, where it has one that is known. */
export function runConfigFor(document: Json | undefined): z.ZodMiniType<RunConfig> {
  const type = typeOf(document);
  return type === undefined ? runConfig() : (runConfigSchemas[type].schema as unknown as z.ZodMiniType<RunConfig>);
}

/** The type that a document has, where it is a known one. */
export function typeOf(document: Json | undefined): RunConfigType | undefined {
  const type = isObject(document) ? document["type"] : undefined;
  return Object.values(runConfigSchemas).find((known) => known.type === type)?.type;
}

/** Parses a serialized run config. Throws `Refusal` with all that is wrong with it. */
export function parseRunConfig(document: unknown): RunConfig {
  const json = asJson(document, "INVALID_REQUEST");
  return parse(runConfigFor(json), json, "INVALID_REQUEST");
}

/** Writes a run config as its serializer does: every field, null where it is not set, labels in order. */
export function serializeRunConfig(config: RunConfig): JsonObject {
  const values = config as unknown as Readonly<Record<string, Json | undefined>>;
  const names = runConfigSchemas[config.type].fields.filter((name) => name !== "__version__");
  return {
    ...Object.fromEntries(names.map((name) => [name, values[camelCase(name)] ?? null])),
    env: Object.keys(config.env).length === 0 ? null : config.env,
    labels: [...new Set(config.labels)].sort(byCodeUnit),
  };
}
