import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { parseRunConfig, runConfigTypes, serializeRunConfig } from "../../shared/schema/run-config/index.ts";
import { issuesOf, refusalOf } from "./refused.ts";

describe("a run config is accepted", () => {
  test.each<[string, JsonObject, object]>([
    ["with its type alone", { type: "UniversalRun" }, { type: "UniversalRun", env: {}, labels: [] }],
    [
      "with nulls, which count as absent",
      { type: "LocalRun", env: null, working_dir: null, labels: [] },
      { type: "LocalRun", env: {}, labels: [] },
    ],
    [
      "with a serializer's version, which is dropped",
      { type: "LocalRun", __version__: "1.4.1" },
      { type: "LocalRun", env: {}, labels: [] },
    ],
    [
      "with labels in any order and repeated",
      { type: "LocalRun", labels: ["b", "a", "b", "B"] },
      { type: "LocalRun", env: {}, labels: ["B", "a", "b"] },
    ],
    [
      "with every kind of env value",
      { type: "LocalRun", env: { S: "x", N: 1.5, B: false, U: null } },
      { type: "LocalRun", env: { S: "x", N: 1.5, B: false, U: null }, labels: [] },
    ],
    ["with an empty text, which is not null", { type: "DockerRun", image: "" }, { type: "DockerRun", image: "", env: {}, labels: [] }],
    [
      "with ports as integers, texts of digits and integral floats",
      { type: "DockerRun", ports: [8080, "80", "0443", 65535.0] },
      { type: "DockerRun", ports: [8080, 80, 443, 65535], env: {}, labels: [] },
    ],
    [
      "with host_config as it is",
      { type: "DockerRun", host_config: { mem_limit: "1g", x: [null] } },
      { type: "DockerRun", hostConfig: { mem_limit: "1g", x: [null] }, env: {}, labels: [] },
    ],
    [
      "with numbers where Kubernetes quantities are text",
      { type: "KubernetesRun", cpu_limit: 2, cpu_request: 0.5, memory_limit: 1024, memory_request: "1Gi" },
      { type: "KubernetesRun", cpuLimit: "2", cpuRequest: "0.5", memoryLimit: "1024", memoryRequest: "1Gi", env: {}, labels: [] },
    ],
    [
      "with a job template as YAML text",
      { type: "KubernetesRun", job_template: "kind: Job\nspec: {a: 1}" },
      { type: "KubernetesRun", jobTemplate: { kind: "Job", spec: { a: 1 } }, env: {}, labels: [] },
    ],
    [
      "with an empty job template",
      { type: "KubernetesRun", job_template: {} },
      { type: "KubernetesRun", jobTemplate: {}, env: {}, labels: [] },
    ],
    [
      "with a pull policy",
      { type: "KubernetesRun", image_pull_policy: "IfNotPresent", image_pull_secrets: ["a"] },
      { type: "KubernetesRun", imagePullPolicy: "IfNotPresent", imagePullSecrets: ["a"], env: {}, labels: [] },
    ],
    [
      "with numbers for ECS's cpu and memory",
      { type: "ECSRun", cpu: 1024, memory: "2 GB" },
      { type: "ECSRun", cpu: "1024", memory: "2 GB", env: {}, labels: [] },
    ],
    [
      "with a task definition as text, which is its path",
      { type: "ECSRun", task_definition: "s3://b/d.yaml" },
      { type: "ECSRun", taskDefinitionPath: "s3://b/d.yaml", env: {}, labels: [] },
    ],
    [
      "with a registered task definition and no image",
      { type: "ECSRun", task_definition_arn: "f:1", image: null },
      { type: "ECSRun", taskDefinitionArn: "f:1", env: {}, labels: [] },
    ],
    [
      "without a machine type, which has a default",
      { type: "VertexRun" },
      { type: "VertexRun", machineType: "e2-standard-4", env: {}, labels: [] },
    ],
    [
      "with a machine type of null, which stays not set",
      { type: "VertexRun", machine_type: null },
      { type: "VertexRun", env: {}, labels: [] },
    ],
    [
      "with a worker pool of null, which keeps its place",
      { type: "VertexRun", worker_pool_specs: [null, { replica_count: 1 }] },
      { type: "VertexRun", machineType: "e2-standard-4", workerPoolSpecs: [null, { replica_count: 1 }], env: {}, labels: [] },
    ],
  ])("%s", (_, document, config) => {
    expect(parseRunConfig(document)).toStrictEqual(config);
  });
});

const TYPES = '"UniversalRun", "LocalRun", "DockerRun", "KubernetesRun", "ECSRun", "VertexRun"';
const PORT = "expected a port: an integer from 1 to 65535";
const DEFINITIONS = "give at most one of task_definition, task_definition_path, task_definition_arn";

describe("a run config is refused", () => {
  test.each<[string, unknown, readonly string[]]>([
    ["when it is no object", [], ["expected an object, found a list"]],
    ["without a type", {}, [`type: required: expected one of ${TYPES}`]],
    [
      "of an unknown type, with the nearest",
      { type: "EcsRun" },
      [`type: expected one of ${TYPES}, found another string (did you mean "ECSRun"?)`],
    ],
    ["when its type is no text", { type: 5 }, [`type: expected one of ${TYPES}, found a number`]],
    [
      "with an unknown field, with the nearest",
      { type: "LocalRun", workingDir: "/" },
      ['workingDir: unknown field (did you mean "working_dir"?)'],
    ],
    [
      "with a field of another type",
      { type: "UniversalRun", ports: [1] },
      ["ports: unknown field; known are type, env, labels, __version__"],
    ],
    ["with labels of null", { type: "LocalRun", labels: null }, ["labels: expected a list, found null"]],
    ["with a label that is no text", { type: "LocalRun", labels: ["a", 1] }, ["labels[1]: expected a string, found a number"]],
    [
      "with lists and objects in env",
      { type: "LocalRun", env: { A: [], "b-c": {} } },
      [
        "env.A: expected a string, a number, true or false or null, found a list",
        'env["b-c"]: expected a string, a number, true or false or null, found an object',
      ],
    ],
    [
      "with impossible names in env",
      { type: "LocalRun", env: { "": "x", "A=B": "x" } },
      [
        'env[""]: a variable\'s name must not be empty and must hold no = and no NUL character',
        'env["A=B"]: a variable\'s name must not be empty and must hold no = and no NUL character',
      ],
    ],
    ["with NUL in env", { type: "LocalRun", env: { A: "x\0y" } }, ["env.A: must hold no NUL character"]],
    [
      "with an integer in env that has lost digits",
      { type: "LocalRun", env: { A: 2 ** 53 } },
      ["env.A: an integer beyond 2^53 loses digits: write it as a string"],
    ],
    [
      "with ports that are none",
      { type: "DockerRun", ports: [true, null, 0, 65536, 80.5, "x", "65536", "0"] },
      [
        `ports[0]: ${PORT}, found a boolean`,
        `ports[1]: ${PORT}, found null`,
        `ports[2]: ${PORT}`,
        `ports[3]: ${PORT}`,
        `ports[4]: ${PORT}, found a number`,
        `ports[5]: ${PORT}`,
        `ports[6]: ${PORT}`,
        `ports[7]: ${PORT}`,
      ],
    ],
    [
      "with an unknown pull policy, with the nearest",
      { type: "KubernetesRun", image_pull_policy: "always" },
      ['image_pull_policy: expected one of "Always", "IfNotPresent", "Never", found another string (did you mean "Always"?)'],
    ],
    [
      "with a job template and its path",
      { type: "KubernetesRun", job_template: {}, job_template_path: "" },
      ["job_template: not together with job_template_path: give at most one of job_template_path, job_template"],
    ],
    [
      "with a job template of broken YAML",
      { type: "KubernetesRun", job_template: "a: 1\na: 2" },
      ["job_template: in the YAML text: the document cannot be read as YAML: error at line 2, column 1: a key is there twice"],
    ],
    [
      "with a job template of YAML that is no object",
      { type: "KubernetesRun", job_template: "- a" },
      ["job_template: expected YAML text of an object, found YAML text of a list"],
    ],
    [
      "with a job template of another type",
      { type: "KubernetesRun", job_template: 1 },
      ["job_template: expected an object or a string, found a number"],
    ],
    [
      "with two task definitions, of which {} and '' count",
      { type: "ECSRun", task_definition: {}, task_definition_path: "" },
      [`task_definition_path: not together with task_definition: ${DEFINITIONS}`],
    ],
    [
      "with three task definitions",
      { type: "ECSRun", task_definition: "p", task_definition_path: "p", task_definition_arn: "a" },
      [
        `task_definition_path: not together with task_definition: ${DEFINITIONS}`,
        `task_definition_arn: not together with task_definition: ${DEFINITIONS}`,
      ],
    ],
    [
      "with a registered task definition and an image, of which '' counts",
      { type: "ECSRun", task_definition_arn: "a", image: "" },
      ["image: not together with task_definition_arn: give at most one of task_definition_arn, image"],
    ],
    [
      "with a worker pool that is no object",
      { type: "VertexRun", worker_pool_specs: [1] },
      ["worker_pool_specs[0]: expected an object, found a number"],
    ],
    [
      "with all its errors at once",
      { type: "ECSRun", cpu: [], task_definition_arn: 5, image: "x", lables: [] },
      [
        "task_definition_arn: expected a string, found a number",
        "cpu: expected a string or a number, found a list",
        'lables: unknown field (did you mean "labels"?)',
        "image: not together with task_definition_arn: give at most one of task_definition_arn, image",
      ],
    ],
    ["when it is not JSON", { type: "LocalRun", env: { A: new Date(0) } }, ["env.A: expected a JSON value, found an object of a class"]],
  ])("%s", (_, document, issues) => {
    expect(issuesOf(() => parseRunConfig(document))).toEqual(issues);
  });

  test("with the first fifty errors where there are more", () => {
    const { issues } = refusalOf(() => parseRunConfig({ type: "LocalRun", labels: Array.from({ length: 1000 }, () => 1) }));
    expect(issues).toHaveLength(51);
    expect(issues.at(-1)?.message).toBe("and 950 more errors");
  });
});

test("serializing writes every field, null where it is not set, labels in order, and no version", () => {
  expect(serializeRunConfig({ type: "ECSRun", cpu: "1024", env: {}, labels: ["b", "a"] })).toStrictEqual({
    type: "ECSRun",
    task_definition: null,
    task_definition_path: null,
    task_definition_arn: null,
    image: null,
    cpu: "1024",
    memory: null,
    task_role_arn: null,
    execution_role_arn: null,
    run_task_kwargs: null,
    env: null,
    labels: ["a", "b"],
  });
});

test("all six types have a schema", () => {
  expect(runConfigTypes).toEqual(["UniversalRun", "LocalRun", "DockerRun", "KubernetesRun", "ECSRun", "VertexRun"]);
});
