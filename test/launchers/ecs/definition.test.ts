/** The task definition: which template, what is put into it, what it is called, and when it is the same. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { ECSRun, LoadedTemplate, RunRequest } from "../../../shared/core/run.ts";
import { templatePath } from "../../../shared/launchers/ecs/plan.ts";
import type { EcsSettings } from "../../../shared/launchers/ecs/target.ts";
import { ecsRun, ecsTarget, FARGATE_PARTS, objectsIn, planOf, type TargetParts } from "./support.ts";

const marked = (mark: string): JsonObject => ({ ...FARGATE_PARTS, ephemeralStorage: { sizeInGiB: mark.length + 20 }, family: mark });

type TemplateCase = readonly [
  rule: string,
  config: Partial<ECSRun>,
  settings: EcsSettings,
  read: Partial<LoadedTemplate> | undefined,
  family: RegExp,
  path: string | undefined,
];
const read = (origin: LoadedTemplate["origin"], document: JsonObject): Partial<LoadedTemplate> => ({ origin, document });
const templateCases: readonly TemplateCase[] = [
  ["nobody gives one: the default", {}, {}, undefined, /^slipway-/, undefined],
  ["the target's", {}, { taskDefinition: marked("target") }, undefined, /^target-/, undefined],
  [
    "the run config's beats the target's",
    { taskDefinition: marked("run") },
    { taskDefinition: marked("target") },
    undefined,
    /^run-/,
    undefined,
  ],
  [
    "an empty object of the run config is none",
    { taskDefinition: {} },
    { taskDefinition: marked("target") },
    undefined,
    /^target-/,
    undefined,
  ],
  ["an empty object of both is none", { taskDefinition: {} }, { taskDefinition: {} }, undefined, /^slipway-/, undefined],
  [
    "the run config's path beats the target's",
    { taskDefinitionPath: "s3://b/t" },
    { taskDefinition: marked("target") },
    read("run", marked("read")),
    /^read-/,
    "s3://b/t",
  ],
  ["the target's path", {}, { taskDefinitionPath: "agent:t.yaml" }, read("target", marked("read")), /^read-/, "agent:t.yaml"],
  [
    "an empty object of the run config over the target's path",
    { taskDefinition: {} },
    { taskDefinitionPath: "s3://b/t" },
    read("target", marked("read")),
    /^read-/,
    "s3://b/t",
  ],
  [
    "the run config's over the target's path",
    { taskDefinition: marked("run") },
    { taskDefinitionPath: "s3://b/t" },
    undefined,
    /^run-/,
    undefined,
  ],
  [
    "an empty object that was read is none",
    { taskDefinitionPath: "s3://b/t" },
    { taskDefinition: marked("target") },
    read("run", {}),
    /^target-/,
    "s3://b/t",
  ],
];

test.each(templateCases)("template: %s", (_rule, config, settings, template, family, path) => {
  const [run, target] = [ecsRun(config, {}, template), ecsTarget({ allow: "*", settings })];
  expect(templatePath(run, target)?.path).toBe(path);
  expect(planOf(run, target).definition?.["family"]).toMatch(family);
});

test("no template is read for a definition that is used as it is", () => {
  expect(templatePath(ecsRun({ taskDefinitionArn: "fam:3" }), ecsTarget({ settings: { taskDefinitionPath: "s3://b/t" } }))).toBeUndefined();
});

test("a path is told with whose it is, and where it stands", () => {
  expect(templatePath(ecsRun({ taskDefinitionPath: "s3://b/t" }), ecsTarget())).toEqual({
    path: "s3://b/t",
    origin: "run",
    field: "run_config.task_definition_path",
  });
  expect(templatePath(ecsRun(), ecsTarget({ settings: { taskDefinitionPath: "agent:t" } }))).toEqual({
    path: "agent:t",
    origin: "target",
    field: "targets.prod.task_definition_path",
  });
});

test("the default has what Fargate needs and the container flow", () => {
  const { family: _family, tags: _tags, ...definition } = planOf(ecsRun()).definition ?? {};
  expect(definition).toEqual({
    networkMode: "awsvpc",
    cpu: "1024",
    memory: "2048",
    requiresCompatibilities: ["FARGATE"],
    containerDefinitions: [{ name: "flow", image: "img:1" }],
  });
});

test("templates are chosen, never merged", () => {
  const taskDefinition = { ...FARGATE_PARTS, tags: [{ key: "a", value: "b" }] };
  const { definition } = planOf(ecsRun({ taskDefinition: FARGATE_PARTS }), ecsTarget({ settings: { taskDefinition } }));
  expect(objectsIn(definition ?? {}, "tags").map(({ key }) => key)).toEqual(["slipway:content"]);
});

test("a template's tags stay on the definition, a run's tags go on the task", () => {
  const taskDefinition = { ...FARGATE_PARTS, tags: [{ key: "team", value: "x" }] };
  const { definition, runTask } = planOf(ecsRun({ taskDefinition }), ecsTarget({ tags: { stage: "p" } }));
  expect(definition?.["tags"]).toEqual([
    { key: "team", value: "x" },
    { key: "slipway:content", value: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(objectsIn(runTask, "tags").map(({ key }) => key)).toContain("stage");
  expect(objectsIn(runTask, "tags").map(({ key }) => key)).not.toContain("team");
});

const side = { name: "side", image: "s:1", environment: [{ name: "X", value: "1" }] };
const flow = { name: "flow", image: "t:1" };
const containerCases: readonly (readonly [rule: string, containers: readonly JsonObject[], expected: readonly JsonObject[]])[] = [
  ["no container: flow is added", [], [{ name: "flow", image: "img:1" }]],
  ["several without flow: it comes last, with an image", [side, { name: "x" }], [side, { name: "x" }, { name: "flow", image: "img:1" }]],
  ["flow keeps its image and place: first", [flow, side], [flow, side]],
  ["flow not first", [side, flow], [side, flow]],
  [
    "flow by exactly this name",
    [{ name: "Flow", image: "F" }],
    [
      { name: "Flow", image: "F" },
      { name: "flow", image: "img:1" },
    ],
  ],
];
test.each(containerCases)("containers: %s", (_rule, containerDefinitions, expected) => {
  const { definition, runTask } = planOf(ecsRun({ taskDefinition: { ...FARGATE_PARTS, containerDefinitions } }));
  expect(definition?.["containerDefinitions"]).toEqual(expected);
  expect(runTask).toMatchObject({ overrides: { containerOverrides: [{ name: "flow" }] } });
});

const docker = (parts: JsonObject): Partial<RunRequest> => ({
  flow: { storage: { type: "Docker", image_name: "team/flow", image_tag: "7", ...parts } },
});
const template = { taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [flow] } };
const imageCases: readonly (readonly [rule: string, config: Partial<ECSRun>, request: Partial<RunRequest>, image: string])[] = [
  ["the target's, where nobody says another", {}, {}, "img:1"],
  ["the template's beats the target's", template, {}, "t:1"],
  ["the run config's beats the template's", { ...template, image: "rc:1" }, {}, "rc:1"],
  ["Docker storage beats all", { ...template, image: "rc:1" }, docker({ registry_url: "reg.example" }), "reg.example/team/flow:7"],
  ["Docker storage without a registry", {}, docker({ registry_url: null }), "team/flow:7"],
  ["storage of another type says none", { image: "rc:1" }, { flow: { storage: { type: "S3", bucket: "b" } } }, "rc:1"],
];
test.each(imageCases)("image: %s", (_rule, config, request, image) => {
  expect(planOf(ecsRun(config, request)).container["image"]).toBe(image);
});

const familyCases: readonly (readonly [rule: string, given: string | undefined, flowName: string | undefined, base: string])[] = [
  ["the template's", "my_Family-1", "Flow", "my_Family-1"],
  ["what a template's may not hold becomes a hyphen", "my family/é!", undefined, "my-family"],
  ["the flow's slug", undefined, "  Nightly ETL — Über 2  ", "nightly-etl-uber-2"],
  ["a flow of other letters only", undefined, "日本語", "slipway"],
  ["neither", undefined, undefined, "slipway"],
];
test.each(familyCases)("family: %s", (_rule, family, name, base) => {
  const taskDefinition = { ...FARGATE_PARTS, ...(family === undefined ? {} : { family }) };
  const { definition, runTask } = planOf(ecsRun({ taskDefinition }, name === undefined ? {} : { flow: { name } }));
  expect(definition?.["family"]).toMatch(new RegExp(`^${base}-[0-9a-f]{12}$`));
  expect(runTask["taskDefinition"]).toBe(definition?.["family"]);
});

test("a long family keeps its hash within 255 characters", () => {
  const long = (word: string) => planOf(ecsRun({}, { flow: { name: "word ".repeat(80) + word } })).definition?.["family"];
  expect(long("a")).toHaveLength(255);
  // What is cut off is not what tells definitions apart: the same content is one definition.
  expect(long("a")).toBe(long("b"));
});

type Variation = readonly [rule: string, config: Partial<ECSRun>, request: Partial<RunRequest>, target: TargetParts, isSame: boolean];
const variations: readonly Variation[] = [
  ["another run", {}, { id: "run-2", name: "other", parameters: { a: 1 } }, {}, true],
  ["another version of the flow", {}, { flow: { name: "f", version: 4 } }, {}, true],
  ["other variables of the run config", { env: { A: "1" } }, {}, {}, true],
  ["another command", {}, { command: ["x"] }, {}, true],
  ["other sizes", { cpu: "512", memory: "1 GB" }, {}, {}, true],
  ["another task role", { taskRoleArn: "r" }, {}, {}, true],
  ["other variables of the target", {}, {}, { env: { A: "1" }, enforcedEnv: { B: "${run.id}" } }, true],
  ["other tags", {}, {}, { tags: { a: "b" } }, true],
  ["another image", { image: "other" }, {}, {}, false],
  ["another execution role", { executionRoleArn: "r" }, {}, {}, false],
  ["another entrypoint", {}, { entrypoint: ["x"] }, {}, false],
  ["another secret", {}, {}, { secrets: { S: "ssm:/s" }, settings: { executionRoleArn: "r" } }, false],
  ["another launch type of the target", {}, {}, { settings: { launchType: "EC2" } }, false],
  ["another flow", {}, { flow: { name: "other", version: 3 } }, {}, false],
];
test.each(variations)("one definition or two: %s", (_rule, config, request, over, isSame) => {
  const base = planOf(ecsRun({}, { flow: { name: "f", version: 3 } }), ecsTarget({ allow: "*" }));
  const other = planOf(ecsRun(config, { flow: { name: "f", version: 3 }, ...request }), ecsTarget({ allow: "*", ...over }));
  expect(JSON.stringify(other.definition) === JSON.stringify(base.definition)).toBe(isSame);
  expect(other.definition?.["family"] === base.definition?.["family"]).toBe(isSame);
});
