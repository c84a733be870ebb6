import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../shared/core/json.ts";
import type { RunConfig } from "../../shared/core/run.ts";
import { parseRunConfig, serializeRunConfig } from "../../shared/schema/run-config/index.ts";

const anyText = fc.string({ unit: "grapheme", maxLength: 8 }).filter((text) => !text.includes("\0") && text.isWellFormed());
const anyObject = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>, {
  maxKeys: 3,
  noNullPrototype: true,
});
const common = {
  env: fc.dictionary(
    fc.stringMatching(/^[A-Z_]{1,5}$/),
    fc.oneof(
      anyText,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e6, min: -1e6 }),
      fc.boolean(),
      fc.constant(null),
    ),
    { maxKeys: 3, noNullPrototype: true },
  ),
  labels: fc.uniqueArray(anyText, { maxLength: 3 }).map((labels) => labels.sort((a, b) => (a < b ? -1 : 1))),
};
const requiredKeys = { requiredKeys: ["type", "env", "labels"] as ["type", "env", "labels"], noNullPrototype: true };
const configs: fc.Arbitrary<RunConfig> = fc.oneof(
  fc.record({ type: fc.constant("UniversalRun" as const), ...common }, requiredKeys),
  fc.record({ type: fc.constant("LocalRun" as const), ...common, workingDir: anyText }, requiredKeys),
  fc.record(
    {
      type: fc.constant("DockerRun" as const),
      ...common,
      image: anyText,
      ports: fc.array(fc.integer({ min: 1, max: 65535 })),
      hostConfig: anyObject,
    },
    requiredKeys,
  ),
  fc.record(
    {
      type: fc.constant("KubernetesRun" as const),
      ...common,
      jobTemplate: anyObject,
      image: anyText,
      cpuLimit: anyText,
      cpuRequest: anyText,
      memoryLimit: anyText,
      memoryRequest: anyText,
      serviceAccountName: anyText,
      imagePullSecrets: fc.array(anyText),
      imagePullPolicy: fc.constantFrom("Always" as const, "IfNotPresent" as const, "Never" as const),
    },
    requiredKeys,
  ),
  fc.record(
    {
      type: fc.constant("ECSRun" as const),
      ...common,
      taskDefinition: anyObject,
      image: anyText,
      cpu: anyText,
      memory: anyText,
      taskRoleArn: anyText,
      executionRoleArn: anyText,
      runTaskKwargs: anyObject,
    },
    requiredKeys,
  ),
  fc.record({ type: fc.constant("ECSRun" as const), ...common, taskDefinitionPath: anyText, image: anyText }, requiredKeys),
  fc.record({ type: fc.constant("ECSRun" as const), ...common, taskDefinitionArn: anyText }, requiredKeys),
  fc.record({ type: fc.constant("KubernetesRun" as const), ...common, jobTemplatePath: anyText }, requiredKeys),
  fc.record(
    {
      type: fc.constant("VertexRun" as const),
      ...common,
      image: anyText,
      machineType: anyText,
      scheduling: anyObject,
      serviceAccount: anyText,
      network: anyText,
      workerPoolSpecs: fc.array(anyObject, { maxLength: 3 }),
    },
    requiredKeys,
  ),
);

test("a run config survives being serialized, as JSON, and parsed", () => {
  fc.assert(
    fc.property(configs, (config) => {
      const text = JSON.stringify(serializeRunConfig(config));
      expect(parseRunConfig(JSON.parse(text))).toStrictEqual(JSON.parse(JSON.stringify(config)));
    }),
  );
});
