/** What the agents did, with our differences: who says what of a task. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { ECSRun } from "../../../shared/core/run.ts";
import type { EcsSettings } from "../../../shared/launchers/ecs/target.ts";
import { ecsRun, ecsTarget, FARGATE_PARTS, objectIn, planOf, type TargetParts } from "./support.ts";

const ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/fam:3";

describe("roles", () => {
  const roles = [
    ["taskRoleArn", "taskRoleArn"],
    ["executionRoleArn", "executionRoleArn"],
  ] as const;
  const layers = ["run config", "definition", "target", "run_task_kwargs"] as const;
  const subsets = Array.from({ length: 16 }, (_, bits) => layers.filter((_layer, index) => (bits & (1 << index)) !== 0));

  const cases = roles.flatMap(([field]) =>
    subsets.flatMap((said) =>
      (["run", "target"] as const).map((side) => ({ field, said, side, wins: layers.find((layer) => said.includes(layer)) })),
    ),
  );
  test.each(cases)("$field said by $said (run_task_kwargs of the $side): $wins wins", ({ field, said, side, wins }) => {
    const kwargs = said.includes("run_task_kwargs") ? { overrides: { [field]: "run_task_kwargs" } } : {};
    const run = ecsRun({
      ...(said.includes("run config") ? { [field]: "run config" } : {}),
      ...(said.includes("definition") ? { taskDefinition: { ...FARGATE_PARTS, [field]: "definition" } } : {}),
      ...(side === "run" ? { runTaskKwargs: kwargs } : {}),
    });
    const settings = { ...(said.includes("target") ? { [field]: "target" } : {}), ...(side === "target" ? { runTaskKwargs: kwargs } : {}) };
    const { overrides, definition } = planOf(run, ecsTarget({ allow: "*", settings }));
    expect(overrides[field]).toBe(wins);
    // The template's role stays in the definition; an execution role goes there in the order template, run config, target.
    const inDefinition = (["definition", "run config", "target"] as const).find((layer) => said.includes(layer));
    expect(definition?.[field]).toBe(field === "executionRoleArn" ? inDefinition : said.includes("definition") ? "definition" : undefined);
  });

  const asItIs = subsets.filter((said) => !said.includes("definition"));
  test.each(asItIs.flatMap((said) => roles.map(([field]) => ({ field, said }))))("$field with an arn, said by $said", ({ field, said }) => {
    const run = ecsRun({
      taskDefinitionArn: ARN,
      ...(said.includes("run config") ? { [field]: "run config" } : {}),
      ...(said.includes("run_task_kwargs") ? { runTaskKwargs: { overrides: { [field]: "run_task_kwargs" } } } : {}),
    });
    const { overrides, defaultRoles } = planOf(
      run,
      ecsTarget({ allow: "*", settings: said.includes("target") ? { [field]: "target" } : {} }),
    );
    const behindTheTarget = said.includes("run_task_kwargs") && !said.includes("target") ? "run_task_kwargs" : undefined;
    expect(overrides[field]).toBe(said.includes("run config") ? "run config" : behindTheTarget);
    // Added at submit, where neither the overrides nor the definition has one.
    expect(defaultRoles).toEqual(said.includes("target") ? { [field]: "target" } : {});
  });

  test.each(["taskRoleArn", "executionRoleArn"] as const)("an empty %s says nothing", (field) => {
    expect(planOf(ecsRun({ [field]: "" }), ecsTarget({ settings: { [field]: "target" } })).overrides[field]).toBe("target");
    expect(planOf(ecsRun({ [field]: "" })).overrides).not.toHaveProperty(field);
    expect(planOf(ecsRun({ [field]: "", taskDefinitionArn: ARN }), ecsTarget({ allow: "*" })).overrides).not.toHaveProperty(field);
  });

  test("a null role of a template counts as absent", () => {
    const run = ecsRun({ taskDefinition: { ...FARGATE_PARTS, executionRoleArn: null }, executionRoleArn: "rc" });
    expect(planOf(run, ecsTarget({ allow: "*" })).definition).toMatchObject({ executionRoleArn: "rc" });
  });

  test("an execution role of run_task_kwargs goes into the definition where ECS would not register it without", () => {
    const run = (image: string) => ecsRun({ image, runTaskKwargs: { overrides: { executionRoleArn: "kwargs" } } });
    const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1";
    expect(planOf(run(ecr), ecsTarget({ allow: "*" })).definition).toMatchObject({ executionRoleArn: "kwargs" });
    expect(planOf(run("a:1"), ecsTarget({ allow: "*" })).definition).not.toHaveProperty("executionRoleArn");
  });
});

type SizeCase = readonly [
  rule: string,
  config: Partial<ECSRun>,
  settings: EcsSettings,
  expected: { readonly cpu?: string; readonly memory?: string },
];
const kwargs = (runTaskKwargs: JsonObject) => ({ runTaskKwargs });
const sizeCases: readonly SizeCase[] = [
  ["nobody says any: the definition's hold", {}, {}, {}],
  ["the run config's", { cpu: "512", memory: "1024" }, {}, { cpu: "512", memory: "1024" }],
  ["in vCPU and GB", { cpu: "1 vcpu", memory: "2 GB" }, {}, { cpu: "1024", memory: "2048" }],
  ["one of them alone", { memory: "4096" }, {}, { memory: "4096" }],
  ["overrides of run_task_kwargs", kwargs({ overrides: { cpu: 512, memory: "1 GB" } }), {}, { cpu: "512", memory: "1024" }],
  ["overrides of the target's", {}, kwargs({ overrides: { cpu: "512", memory: 1024 } }), { cpu: "512", memory: "1024" }],
  [
    "the run's overrides beat the target's",
    kwargs({ overrides: { memory: 4096 } }),
    kwargs({ overrides: { cpu: 512, memory: 1024 } }),
    { cpu: "512", memory: "4096" },
  ],
  [
    "the run config beats overrides",
    { cpu: "512", ...kwargs({ overrides: { cpu: 256, memory: 1024 } }) },
    {},
    { cpu: "512", memory: "1024" },
  ],
  [
    "an empty text of the run config says nothing",
    { cpu: "", ...kwargs({ overrides: { cpu: 512, memory: 1024 } }) },
    {},
    { cpu: "512", memory: "1024" },
  ],
  ["at the top of run_task_kwargs", kwargs({ cpu: 512, memory: "1024" }), {}, { cpu: "512", memory: "1024" }],
  ["at the top of the target's", {}, kwargs({ cpu: "0.5 vcpu", memory: "1 GB" }), { cpu: "512", memory: "1024" }],
  ["overrides beat the top", kwargs({ cpu: 256, memory: 512, overrides: { cpu: 512, memory: 1024 } }), {}, { cpu: "512", memory: "1024" }],
  ["the target's overrides beat the run's top", kwargs({ memory: 4096 }), kwargs({ overrides: { memory: 3072 } }), { memory: "3072" }],
  ["the run's top beats the target's", kwargs({ memory: 4096 }), kwargs({ memory: 3072 }), { memory: "4096" }],
  ["a null at the top counts as absent", kwargs({ memory: null }), kwargs({ memory: 3072 }), { memory: "3072" }],
  [
    "a null in overrides counts as absent",
    kwargs({ overrides: { memory: null } }),
    kwargs({ overrides: { memory: 3072 } }),
    { memory: "3072" },
  ],
];

test.each(sizeCases)("cpu and memory: %s", (_rule, config, settings, expected) => {
  const { overrides, runTask, definition } = planOf(ecsRun(config), ecsTarget({ settings }));
  expect({ cpu: overrides["cpu"], memory: overrides["memory"] }).toEqual({ cpu: undefined, memory: undefined, ...expected });
  expect(runTask).not.toHaveProperty("cpu");
  expect(runTask).not.toHaveProperty("memory");
  // They never enter the definition.
  expect(definition).toMatchObject({ cpu: "1024", memory: "2048" });
});

test.each([
  [
    { cpu: 256, memory: 512 },
    { cpu: "256", memory: "512" },
  ],
  [
    { cpu: "1 vCPU", memory: "3 GB" },
    { cpu: "1024", memory: "3072" },
  ],
])("the template's %j become %j", (sizes, expected) => {
  expect(planOf(ecsRun({ taskDefinition: { networkMode: "awsvpc", ...sizes } })).definition).toMatchObject(expected);
});

test("sizes of a container are left as they are", () => {
  const container = { name: "flow", cpu: 10, memory: 128 };
  expect(planOf(ecsRun({ taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [container] } })).container).toMatchObject(container);
  const run = ecsRun({ runTaskKwargs: { overrides: { containerOverrides: [{ name: "flow", memoryReservation: 64 }] } } });
  expect(planOf(run).override["memoryReservation"]).toBe(64);
});

type PlacementCase = readonly [
  rule: string,
  target: EcsSettings,
  run: JsonObject | undefined,
  expected: {
    readonly launchType?: string;
    readonly capacityProviderStrategy?: readonly JsonObject[];
    readonly requires?: readonly string[];
  },
];
const spot = [{ capacityProvider: "FARGATE_SPOT" }];
const mixed = [
  { capacityProvider: "FARGATE", weight: 1 },
  { capacityProvider: "gpu", weight: 3 },
];
const placementCases: readonly PlacementCase[] = [
  ["Fargate where nobody says another", {}, undefined, { launchType: "FARGATE", requires: ["FARGATE"] }],
  ["the target's launch type", { launchType: "EC2" }, undefined, { launchType: "EC2", requires: ["EC2"] }],
  [
    "the same in the target's run_task_kwargs",
    { launchType: "EC2", ...kwargs({ launchType: "EC2" }) },
    undefined,
    { launchType: "EC2", requires: ["EC2"] },
  ],
  [
    "the target's strategy in place of a default launch type",
    kwargs({ capacityProviderStrategy: mixed }),
    undefined,
    { capacityProviderStrategy: mixed },
  ],
  [
    "a target's strategy and launch type: the strategy runs it, the definition claims the type",
    { launchType: "FARGATE", ...kwargs({ capacityProviderStrategy: spot }) },
    undefined,
    { capacityProviderStrategy: spot, requires: ["FARGATE"] },
  ],
  [
    "an empty strategy of the target is none",
    kwargs({ capacityProviderStrategy: [] }),
    undefined,
    { launchType: "FARGATE", requires: ["FARGATE"] },
  ],
  ["the run's launch type; the definition keeps the target's", {}, { launchType: "EC2" }, { launchType: "EC2", requires: ["FARGATE"] }],
  [
    "the run's launch type in place of a strategy",
    kwargs({ capacityProviderStrategy: spot }),
    { launchType: "FARGATE" },
    { launchType: "FARGATE" },
  ],
  [
    "the run's strategy in place of a launch type",
    { launchType: "EC2" },
    { capacityProviderStrategy: spot },
    { capacityProviderStrategy: spot, requires: ["EC2"] },
  ],
  [
    "the run's strategy replaces the target's",
    kwargs({ capacityProviderStrategy: mixed }),
    { capacityProviderStrategy: spot },
    { capacityProviderStrategy: spot },
  ],
  [
    "the run's empty strategy leaves neither",
    {},
    { capacityProviderStrategy: [] },
    { capacityProviderStrategy: [], requires: ["FARGATE"] },
  ],
  [
    "both in the run: both are sent",
    {},
    { launchType: "FARGATE", capacityProviderStrategy: spot },
    { launchType: "FARGATE", capacityProviderStrategy: spot, requires: ["FARGATE"] },
  ],
  ["a null launch type of the run counts as absent", { launchType: "EC2" }, { launchType: null }, { launchType: "EC2", requires: ["EC2"] }],
  [
    "a null strategy of the run counts as absent",
    kwargs({ capacityProviderStrategy: spot }),
    { capacityProviderStrategy: null },
    { capacityProviderStrategy: spot },
  ],
  [
    "a run's launch type is sent as it is written",
    { launchType: "EC2" },
    { launchType: "fargate" },
    { launchType: "fargate", requires: ["EC2"] },
  ],
];

test.each(placementCases)("launch type and strategy: %s", (_rule, settings, runTaskKwargs, { requires, ...expected }) => {
  const { runTask, definition } = planOf(ecsRun(runTaskKwargs === undefined ? {} : { runTaskKwargs }), ecsTarget({ settings, allow: "*" }));
  const { launchType, capacityProviderStrategy } = runTask;
  expect({ launchType, capacityProviderStrategy }).toEqual({ launchType: undefined, capacityProviderStrategy: undefined, ...expected });
  expect(definition?.["requiresCompatibilities"]).toEqual(requires);
});

test.each([[["EC2"]], [[]], [["FARGATE", "EC2"]]])("requiresCompatibilities %j of a template stay", (requiresCompatibilities) => {
  const { definition } = planOf(ecsRun({ taskDefinition: { ...FARGATE_PARTS, requiresCompatibilities } }));
  expect(definition?.["requiresCompatibilities"]).toEqual(requiresCompatibilities);
});

test("the run's network configuration replaces the target's whole", () => {
  const own = { awsvpcConfiguration: { subnets: ["subnet-r"] } };
  expect(
    planOf(ecsRun({ runTaskKwargs: { networkConfiguration: own } }), ecsTarget({ allow: "*" })).runTask["networkConfiguration"],
  ).toEqual(own);
  const none = ecsRun({ runTaskKwargs: { networkConfiguration: null } });
  expect(planOf(none).runTask["networkConfiguration"]).toMatchObject({ awsvpcConfiguration: { subnets: ["subnet-t"] } });
});

const clusterCases: readonly (readonly [rule: string, settings: EcsSettings, run: JsonObject, cluster: string | undefined])[] = [
  ["nobody says one: the account's default", {}, {}, undefined],
  ["the target's", { cluster: "t" }, {}, "t"],
  ["of the target's run_task_kwargs", kwargs({ cluster: "k" }), {}, "k"],
  ["the target's beats its run_task_kwargs", { cluster: "t", ...kwargs({ cluster: "k" }) }, {}, "t"],
  ["the run's beats all", { cluster: "t", ...kwargs({ cluster: "k" }) }, { cluster: "r" }, "r"],
  ["a null of the run counts as absent", { cluster: "t" }, { cluster: null }, "t"],
];

test.each(clusterCases)("cluster: %s", (_rule, settings, runTaskKwargs, cluster) => {
  expect(planOf(ecsRun({ runTaskKwargs }), ecsTarget({ allow: "*", settings })).runTask["cluster"]).toBe(cluster);
});

test("other arguments are replaced key by key, and passed on as they are", () => {
  const settings = kwargs({ group: "t", propagateTags: "NONE", placementConstraints: [{ type: "distinctInstance" }] });
  const run = ecsRun(kwargs({ group: "r", platformVersion: "1.4.0", placementConstraints: [] }));
  expect(planOf(run, ecsTarget({ settings })).runTask).toMatchObject({
    group: "r",
    propagateTags: "NONE",
    platformVersion: "1.4.0",
    placementConstraints: [],
  });
});

test("overrides are merged key by key, container overrides by name and shallowly", () => {
  const settings = kwargs({
    overrides: {
      ephemeralStorage: { sizeInGiB: 30 },
      containerOverrides: [
        { name: "log", cpu: 1, environment: [{ name: "A", value: "t" }] },
        { name: "flow", memory: 5 },
      ],
    },
  });
  const run = ecsRun(
    kwargs({
      overrides: { memory: 4096, containerOverrides: [{ name: "side" }, { name: "log", environment: [{ name: "B", value: "r" }] }] },
    }),
  );
  const { overrides } = planOf(run, ecsTarget({ settings }));
  expect(overrides).toMatchObject({ ephemeralStorage: { sizeInGiB: 30 }, memory: "4096" });
  expect(overrides["containerOverrides"]).toMatchObject([
    { name: "log", cpu: 1, environment: [{ name: "B", value: "r" }] },
    { name: "flow", memory: 5 },
    { name: "side" },
  ]);
});

test("overrides: null counts as absent", () => {
  expect(planOf(ecsRun({ runTaskKwargs: { overrides: null } })).override["name"]).toBe("flow");
});

const command = (...texts: string[]) => ({ command: texts });
const flowCommand = (...texts: string[]): Partial<ECSRun> => ({
  runTaskKwargs: { overrides: { containerOverrides: [{ name: "flow", command: texts }] } },
});
type CommandCase = readonly [
  rule: string,
  config: Partial<ECSRun>,
  request: object,
  target: TargetParts,
  sent: readonly string[] | undefined,
];
const commandCases: readonly CommandCase[] = [
  ["nobody says one: the template's or the image's", {}, {}, {}, undefined],
  ["the request's", {}, command("r"), {}, ["r"]],
  ["the target's", {}, {}, command("t", "${run.id}"), ["t", "run-1"]],
  ["the request's beats the target's", {}, command("r"), command("t"), ["r"]],
  ["of run_task_kwargs", flowCommand("k"), {}, {}, ["k"]],
  ["the request's beats run_task_kwargs", flowCommand("k"), command("r"), {}, ["r"]],
  ["the target's beats run_task_kwargs", flowCommand("k"), {}, command("t"), ["t"]],
  ["the request's is not filled in", {}, command("${run.id}"), {}, ["${run.id}"]],
];

test.each(commandCases)("command: %s", (_rule, config, request, over, sent) => {
  const template = { taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [{ name: "flow", command: ["template"] }] } };
  const { override, container } = planOf(ecsRun({ ...template, ...config }, request), ecsTarget(over));
  expect(override["command"]).toEqual(sent);
  expect(container["command"]).toEqual(["template"]);
});

test.each([
  ["the template's", {}, {}, ["template"]],
  ["the target's over the template's", {}, { entrypoint: ["t"] }, ["t"]],
  ["the request's over the target's", { entrypoint: ["r"] }, { entrypoint: ["t"] }, ["r"]],
] as const)("entrypoint, in the definition: %s", (_rule, request, over, expected) => {
  const taskDefinition = { ...FARGATE_PARTS, containerDefinitions: [{ name: "flow", entryPoint: ["template"] }] };
  expect(planOf(ecsRun({ taskDefinition }, request), ecsTarget(over)).container["entryPoint"]).toEqual(expected);
});

test.each([
  ["a kept definition's image", { taskDefinitionArn: ARN, env: {} }, ""],
  ["the chosen image", { image: "rc:1" }, "rc:1"],
] as const)("${image} in the target's texts: %s", (_rule, config, expected) => {
  expect(planOf(ecsRun(config), ecsTarget({ allow: "*", env: { I: "${image}" } })).env["I"]).toBe(expected);
});

test("network, cluster and launch type serve a registered definition, too", () => {
  const { definition, runTask } = planOf(
    ecsRun({ taskDefinitionArn: ARN, cpu: "512", memory: "1024" }),
    ecsTarget({ allow: "*", settings: { cluster: "c" } }),
  );
  expect(definition).toBeUndefined();
  expect(runTask).toMatchObject({ taskDefinition: ARN, cluster: "c", launchType: "FARGATE", overrides: { cpu: "512", memory: "1024" } });
  expect(objectIn(runTask, "networkConfiguration")).toHaveProperty("awsvpcConfiguration");
});
