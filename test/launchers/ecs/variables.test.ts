/** One variable, through every layer: template, run_task_kwargs, target env, run config, injected, enforced; and the target's secrets. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { ECSRun, Environment, RunRequest } from "../../../shared/core/run.ts";
import { refusalOf } from "../../support/refusal.ts";
import { ecsConfig, ecsRun, ecsTarget, FARGATE_PARTS, objectsIn, planOf, type TargetParts } from "./support.ts";

const ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/fam:3";

/** Who says X, each with a value of its own name. */
const LAYERS = ["template", "target kwargs", "run kwargs", "target env", "run config", "enforced"] as const;
type Layer = (typeof LAYERS)[number];

interface Said {
  readonly layer: Layer;
  readonly value: string | null;
}

function planned(said: readonly Said[]) {
  const list = (layer: Layer) =>
    said
      .filter((one) => one.layer === layer)
      .map(({ value }): JsonObject => (value === null ? { name: "X", value: null } : { name: "X", value }));
  const env = (layer: Layer): Environment => Object.fromEntries(said.filter((one) => one.layer === layer).map(({ value }) => ["X", value]));
  const override = (layer: Layer): { runTaskKwargs?: JsonObject } =>
    said.some((one) => one.layer === layer)
      ? { runTaskKwargs: { overrides: { containerOverrides: [{ name: "flow", environment: list(layer) }] } } }
      : {};
  const taskDefinition = { ...FARGATE_PARTS, containerDefinitions: [{ name: "flow", environment: list("template") }] };
  return planOf(
    ecsRun({ taskDefinition, env: env("run config"), ...override("run kwargs") }),
    ecsTarget({ env: env("target env"), enforcedEnv: env("enforced"), settings: override("target kwargs") }),
  );
}

const subsets = Array.from({ length: 1 << LAYERS.length }, (_, bits) => LAYERS.filter((_layer, index) => (bits & (1 << index)) !== 0));

test.each(subsets)("X said by %s %s %s %s %s %s: the last of them decides", (...said) => {
  const layers = said.filter((layer) => layer !== undefined);
  const plan = planned(layers.map((layer) => ({ layer, value: layer })));
  expect(plan.inContainer["X"]).toBe(layers.at(-1));
  // The template's own stays in the definition, so that the definition is the same from run to run.
  expect(objectsIn(plan.container, "environment").map(({ value }) => value)).toEqual(layers.includes("template") ? ["template"] : []);
});

const nulls = LAYERS.flatMap((layer, index) => LAYERS.slice(0, index).map((below) => ({ layer, below })));
test.each(nulls)("null of the $layer takes away what the $below says", ({ layer, below }) => {
  const plan = planned([
    { layer: below, value: "v" },
    { layer, value: null },
  ]);
  expect(plan.inContainer).not.toHaveProperty("X");
});

test.each(LAYERS.slice(1, -1))("a value above the null of the %s counts", (layer) => {
  const plan = planned([
    { layer: "template", value: "t" },
    { layer, value: null },
    { layer: "enforced", value: "e" },
  ]);
  expect(plan.inContainer["X"]).toBe("e");
});

describe("values", () => {
  test("numbers and booleans are written as JSON writes them, wherever they stand", () => {
    const flow = { name: "flow", environment: [{ name: "T", value: 1.5 }] };
    const override = { name: "flow", environment: [{ name: "K", value: true }] };
    const plan = planOf(
      ecsRun({
        env: { R: 10 },
        taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [flow] },
        runTaskKwargs: { overrides: { containerOverrides: [override] } },
      }),
    );
    expect(plan.inContainer).toMatchObject({ T: "1.5", K: "true", R: "10" });
  });

  test("the target's texts are filled in, the run's are not", () => {
    const { env } = planOf(
      ecsRun({ env: { R: "${run.id}" } }),
      ecsTarget({ env: { T: "${run.id} $$ $x" }, enforcedEnv: { E: "${image}" } }),
    );
    expect(env).toMatchObject({ R: "${run.id}", T: "run-1 $ $x", E: "img:1" });
  });

  test("Slipway's own are set over the run's", () => {
    const { env } = planOf(ecsRun({ env: { SLIPWAY_RUN_ID: "forged", SLIPWAY_ATTEMPT: null } }));
    expect(env).toMatchObject({ SLIPWAY_RUN_ID: "run-1", SLIPWAY_ATTEMPT: "1", SLIPWAY_TARGET: "prod" });
  });

  test("a UniversalRun brings its env and nothing else", () => {
    const run = ecsRun({}, { runConfig: { type: "UniversalRun", env: { A: "1" }, labels: [] } });
    expect(planOf(run).env).toMatchObject({ A: "1" });
  });

  test("other containers' variables are left as they are", () => {
    const side = { name: "side", image: "s", environment: [{ name: "X", value: "side" }] };
    const run = ecsRun({ env: { X: null }, taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [side] } });
    expect(objectsIn(planOf(run).definition ?? {}, "containerDefinitions")[0]).toEqual(side);
  });
});

const badNames: readonly (readonly [rule: string, name: string])[] = [
  ["empty", ""],
  ["that would set another variable", "PATH=/evil"],
  ["with NUL", "A\0B"],
];
test.each(badNames)("refused: a name %s", (_rule, name) => {
  const refusal = refusalOf(() => planOf(ecsRun({ env: { [name]: "v" } })));
  expect([refusal.code, refusal.path]).toEqual(["INVALID_REQUEST", `run_config.env.${name}`]);
  expect(refusalOf(() => planOf(ecsRun({ env: { [name]: "v" }, taskDefinitionArn: ARN }))).code).toBe("INVALID_REQUEST");
  expect(refusalOf(() => planOf(ecsRun(), ecsTarget({ env: { [name]: "v" } }))).code).toBe("INVALID_CONFIGURATION");
  const override = { overrides: { containerOverrides: [{ name: "flow", environment: [{ name, value: "v" }] }] } };
  expect(refusalOf(() => planOf(ecsRun({ runTaskKwargs: override }))).code).toBe("INVALID_REQUEST");
});

describe("a target's secrets", () => {
  const secrets = { TOKEN: "ssm:/token", KEY: "secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:k-a1b2c3" };
  const target = (over: TargetParts = {}) => ecsTarget({ secrets, settings: { executionRoleArn: "exec" }, ...over });
  const taken = [
    { name: "KEY", valueFrom: "arn:aws:secretsmanager:eu-west-1:1:secret:k-a1b2c3" },
    { name: "TOKEN", valueFrom: "/token" },
  ];

  test("become the definition's, in the order of their names", () => {
    expect(planOf(ecsRun(), target()).container["secrets"]).toEqual(taken);
  });

  test("take the place of a template's variables and secrets of the same names", () => {
    const flow = {
      name: "flow",
      environment: [
        { name: "TOKEN", value: "t" },
        { name: "A", value: "a" },
      ],
      secrets: [
        { name: "KEY", valueFrom: "other" },
        { name: "B", valueFrom: "b" },
      ],
    };
    const { container } = planOf(ecsRun({ taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [flow] } }), target({ allow: "*" }));
    expect(container["environment"]).toEqual([{ name: "A", value: "a" }]);
    expect(container["secrets"]).toEqual([{ name: "B", valueFrom: "b" }, ...taken]);
  });

  const flowEnv = (name: string): { runTaskKwargs: JsonObject } => ({
    runTaskKwargs: { overrides: { containerOverrides: [{ name: "flow", environment: [{ name, value: "v" }] }] } },
  });
  const conflicts: readonly (readonly [who: string, config: Partial<ECSRun>, over: TargetParts, code: string, path: string])[] = [
    ["the run config", { env: { TOKEN: "v" } }, {}, "INVALID_REQUEST", "run_config.env.TOKEN"],
    ["the target's env", {}, { env: { TOKEN: "v" } }, "INVALID_CONFIGURATION", "targets.prod.env.TOKEN"],
    ["the target's enforced env", {}, { enforcedEnv: { TOKEN: "v" } }, "INVALID_CONFIGURATION", "targets.prod.enforced_env.TOKEN"],
    ["run_task_kwargs", flowEnv("TOKEN"), {}, "INVALID_REQUEST", "run_task_kwargs.overrides.containerOverrides.environment"],
    ["Slipway itself", {}, { secrets: { SLIPWAY_RUN_ID: "ssm:/x" } }, "INVALID_CONFIGURATION", "targets.prod.secrets.SLIPWAY_RUN_ID"],
  ];
  test.each(conflicts)("refused: a secret that %s also sets as a variable", (_who, config, over, code, path) => {
    const refusal = refusalOf(() => planOf(ecsRun(config), target(over)));
    expect([refusal.code, refusal.path]).toEqual([code, path]);
  });

  test("a null of the run is no variable, and leaves the secret", () => {
    expect(planOf(ecsRun({ env: { TOKEN: null } }), target()).container["secrets"]).toEqual(taken);
  });

  test("a template's secret gives way to a variable set above it, and to a null", () => {
    const flow = {
      name: "flow",
      secrets: [
        { name: "A", valueFrom: "a" },
        { name: "B", valueFrom: "b" },
        { name: "C", valueFrom: "c" },
      ],
    };
    const taskDefinition = { ...FARGATE_PARTS, executionRoleArn: "e", containerDefinitions: [flow] };
    const { container, env } = planOf(ecsRun({ taskDefinition, env: { A: "v", B: null } }), ecsTarget({ allow: "*" }));
    expect(container["secrets"]).toEqual([{ name: "C", valueFrom: "c" }]);
    expect(env["A"]).toBe("v");
  });

  test.each([
    ["ssm:/team/name", "/team/name"],
    ["ssm:arn:aws:ssm:eu-west-1:1:parameter/x", "arn:aws:ssm:eu-west-1:1:parameter/x"],
    ["arn:aws-us-gov:secretsmanager:us-gov-west-1:1:secret:s:key::", "arn:aws-us-gov:secretsmanager:us-gov-west-1:1:secret:s:key::"],
    ["secretsmanager:arn:aws-cn:secretsmanager:cn-north-1:1:secret:s", "arn:aws-cn:secretsmanager:cn-north-1:1:secret:s"],
  ])("the reference %s", (reference, valueFrom) => {
    expect(planOf(ecsRun(), target({ secrets: { S: reference } })).container["secrets"]).toEqual([{ name: "S", valueFrom }]);
  });

  test.each(["secretsmanager:by-name", "env:TOKEN", "file:/etc/token", "a literal"])(
    "refused: the reference %s, which ECS does not resolve",
    (reference) => {
      const refusal = refusalOf(() => planOf(ecsRun(), target({ secrets: { S: reference } })));
      expect([refusal.code, refusal.path]).toEqual(["INVALID_CONFIGURATION", "targets.prod.secrets.S"]);
      expect(refusal.message).not.toContain("a literal");
    },
  );
});

describe("overrides over 8,192 characters", () => {
  const long = "x".repeat(6000);
  const half = "y".repeat(3000);
  const run = (config: Partial<ECSRun>, request: Partial<RunRequest> = {}) => ecsRun(config, { ...request, runConfig: ecsConfig(config) });

  test("up to 8,192 nothing moves, one more and the run config's variables do", () => {
    const spare = 8192 - JSON.stringify(planOf(ecsRun({ env: { A: "" } })).overrides).length;
    const fits = planOf(ecsRun({ env: { A: "z".repeat(spare) } }));
    expect(JSON.stringify(fits.overrides)).toHaveLength(8192);
    expect(fits.container).not.toHaveProperty("environment");
    const over = planOf(ecsRun({ env: { A: "z".repeat(spare + 1) } }));
    expect(over.container["environment"]).toEqual([{ name: "A", value: "z".repeat(spare + 1) }]);
    expect(over.env).not.toHaveProperty("A");
  });

  test("only the run config's own move; the rest stays in the overrides", () => {
    const target = ecsTarget({ env: { T: "t" }, enforcedEnv: { E: "e" } });
    const plan = planOf(run({ env: { A: long, B: half } }, { parameters: { p: 1 } }), target);
    expect(objectsIn(plan.container, "environment").map(({ name }) => name)).toEqual(["A", "B"]);
    expect(Object.keys(plan.env)).toEqual(["E", "SLIPWAY_ATTEMPT", "SLIPWAY_PARAMETERS", "SLIPWAY_RUN_ID", "SLIPWAY_TARGET", "T"]);
  });

  const precedence: readonly (readonly [rule: string, target: TargetParts, config: Partial<ECSRun>, name: string, value: string])[] = [
    ["beats the target's env from the definition", { env: { B: "target" } }, {}, "B", half],
    [
      "beats run_task_kwargs from the definition",
      {},
      { runTaskKwargs: { overrides: { containerOverrides: [{ name: "flow", environment: [{ name: "B", value: "kwargs" }] }] } } },
      "B",
      half,
    ],
    [
      "beats the template from the definition",
      {},
      { taskDefinition: { ...FARGATE_PARTS, containerDefinitions: [{ name: "flow", environment: [{ name: "B", value: "template" }] }] } },
      "B",
      half,
    ],
    ["gives way to what is enforced, in the overrides", { enforcedEnv: { B: "enforced" } }, {}, "B", "enforced"],
    [
      "gives way to what is injected, in the overrides",
      {},
      { env: { A: long, B: half, SLIPWAY_TARGET: "forged" } },
      "SLIPWAY_TARGET",
      "prod",
    ],
  ];
  test.each(precedence)("a variable that moved %s", (_rule, over, config, name, value) => {
    // The enforced one takes the place of half of what is too long.
    const env = { A: long, B: half, C: half, ...config.env };
    const plan = planOf(ecsRun({ ...config, env }), ecsTarget(over));
    expect(plan.inContainer[name]).toBe(value);
    expect(objectsIn(plan.container, "environment").filter((variable) => variable["name"] === name)).toHaveLength(value === half ? 1 : 0);
    expect(Object.hasOwn(plan.env, name)).toBe(value !== half);
  });

  test("a null still takes the template's away", () => {
    const taskDefinition = { ...FARGATE_PARTS, containerDefinitions: [{ name: "flow", environment: [{ name: "N", value: "template" }] }] };
    expect(planOf(ecsRun({ taskDefinition, env: { A: long, B: half, N: null } })).inContainer).not.toHaveProperty("N");
  });

  test("the definition is the same for each run of them, whatever the parameters", () => {
    const one = planOf(run({ env: { A: long, B: half } }, { id: "one", parameters: { day: 1 } }));
    const two = planOf(run({ env: { A: long, B: half } }, { id: "two", parameters: { day: 2 } }));
    expect(two.definition).toEqual(one.definition);
    expect(planOf(ecsRun({ env: { A: long, B: `${half}!` } })).definition?.["family"]).not.toBe(one.definition?.["family"]);
  });

  const refused: readonly (readonly [rule: string, config: Partial<ECSRun>, request: Partial<RunRequest>, path: string, named: string])[] =
    [
      ["parameters", {}, { parameters: { p: "x".repeat(9000) } }, "parameters", "SLIPWAY_PARAMETERS: 90"],
      ["a command", {}, { command: ["x".repeat(9000)] }, "command", "the command of flow: 9004"],
      ["variables, with an arn", { taskDefinitionArn: ARN, env: { A: long, B: half } }, {}, "run_config.env", "variable A: 60"],
    ];
  test.each(refused)("still too long: refused with the sizes: %s", (_rule, config, request, path, named) => {
    const refusal = refusalOf(() => planOf(ecsRun(config, request), ecsTarget({ allow: "*" })));
    expect([refusal.code, refusal.path]).toEqual(["OVERRIDES_TOO_LONG", path]);
    expect(refusal.message).toContain(named);
    expect(refusal.message).toMatch(/have \d{4,5} characters, and ECS takes 8192/);
    expect(refusal.message).not.toContain("xxx");
  });

  test("what is counted is the whole of the overrides, JSON included", () => {
    // Each quote is two characters of JSON: 4,200 of them do not fit.
    expect(planOf(ecsRun({ env: { A: '"'.repeat(4200) } })).env).not.toHaveProperty("A");
    expect(planOf(ecsRun({ env: { A: "'".repeat(4200) } })).env).toHaveProperty("A");
  });
});
