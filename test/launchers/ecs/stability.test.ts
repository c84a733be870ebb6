/** The same run, target and attempt give the same bytes; tags and tokens within what ECS takes. */
import { expect, test, vi } from "vitest";
import type { Json, JsonObject } from "../../../shared/core/json.ts";
import type { PlannedRun } from "../../../shared/core/run.ts";
import { clientToken, startedBy } from "../../../shared/launchers/ecs/naming.ts";
import { planEcs } from "../../../shared/launchers/ecs/plan.ts";
import { refusalOf } from "../../support/refusal.ts";
import { ecsRun, ecsTarget, FARGATE_PARTS, objectsIn, planOf, type TargetParts } from "./support.ts";

const rich = (): [PlannedRun, ReturnType<typeof ecsTarget>] => [
  ecsRun(
    {
      env: { B: "2", A: "1", "10": "x" },
      cpu: "1 vcpu",
      memory: "4 GB",
      taskDefinition: {
        ...FARGATE_PARTS,
        containerDefinitions: [{ name: "flow", dockerLabels: { b: "1", a: "2" } }],
        tags: [{ key: "k", value: "v" }],
      },
      runTaskKwargs: {
        group: "g",
        overrides: { containerOverrides: [{ name: "side", cpu: 1 }], ephemeralStorage: { sizeInGiB: 30 } },
        tags: [{ key: "t", value: "1" }],
      },
    },
    { flow: { id: "f", name: "Flow", version: 1, storage: { type: "S3", b: 1, a: 2 } }, parameters: { z: 1, a: { d: 1, c: 2 } } },
  ),
  ecsTarget({
    env: { T: "t", S: "${run.id}" },
    enforcedEnv: { F: "f", E: "e" },
    secrets: { Z: "ssm:/z", Y: "ssm:/y" },
    tags: { b: "1", a: "2" },
    settings: { cluster: "c", executionRoleArn: "e" },
  }),
];

/** The value with the keys of each object in the opposite order. */
function turned<Value>(value: Value): Value {
  const turn = (part: Json): Json => {
    if (Array.isArray(part)) return part.map((each: Json) => turn(each));
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(
      Object.entries(part as JsonObject)
        .reverse()
        .map(([key, each]) => [key, turn(each)]),
    );
  };
  return turn(value as Json) as Value;
}

test("whatever the order of the documents' keys", () => {
  const [run, target] = rich();
  expect(JSON.stringify(planEcs(turned(run), turned(target)))).toBe(JSON.stringify(planEcs(run, target)));
});

test("whatever the time, and without chance", () => {
  const [run, target] = rich();
  const before = JSON.stringify(planEcs(run, target));
  vi.useFakeTimers({ now: new Date("2031-05-06T07:08:09Z") });
  const random = vi.spyOn(Math, "random").mockReturnValue(0.123);
  const after = JSON.stringify(planEcs(...rich()));
  vi.useRealTimers();
  random.mockRestore();
  expect(after).toBe(before);
  expect(after).not.toMatch(/20\d\d-\d\d-\d\dT/);
});

test("planning changes neither run nor target", () => {
  const [run, target] = rich();
  planEcs(run, target);
  expect([run, target]).toEqual(rich());
});

test.each([
  ["deployment", { deployment: "other" }],
  ["key", { key: "b".repeat(26) }],
  ["attempt", { attempt: 2 }],
] as const)("another %s is another token and another mark", (_what, over) => {
  const [run, target] = rich();
  const [one, two] = [planOf(run, target).runTask, planOf({ ...run, ...over }, target).runTask];
  expect(two["clientToken"]).not.toBe(one["clientToken"]);
  expect(two["startedBy"]).not.toBe(one["startedBy"]);
});

test("the token has 64 characters of those that ECS takes, and nothing else of the run is in it", () => {
  const token = clientToken("d".repeat(32), "k".repeat(26), 999_999);
  expect(token).toMatch(/^[!-~]{64}$/);
  const [run, target] = rich();
  expect(planOf(run, target).runTask["clientToken"]).toBe(planOf(ecsRun()).runTask["clientToken"]);
});

test("startedBy is slipway/deployment/key/attempt, within 128 characters of those that ECS takes", () => {
  expect(planOf(ecsRun()).runTask["startedBy"]).toBe(`slipway/test/${ecsRun().key}/1`);
  expect(startedBy("d".repeat(32), "k".repeat(26), 999_999)).toMatch(/^[A-Za-z0-9/_-]{1,128}$/);
});

const tagsOf = (run: PlannedRun, over: TargetParts = {}) =>
  Object.fromEntries(objectsIn(planOf(run, ecsTarget(over)).runTask, "tags").map(({ key, value }) => [key, value]));
const withTags = (tags: Json) => ecsRun({ runTaskKwargs: { tags } });

test("ours, the target's filled in, and those of run_task_kwargs", () => {
  const tags = tagsOf(withTags([{ key: "a", value: "run" }, { key: "n", value: 5 }, { key: "e" }]), { tags: { b: "${run.id}" } });
  expect(tags).toMatchObject({
    a: "run",
    n: "5",
    e: "",
    b: "run-1",
    "slipway:run-id": "run-1",
    "slipway:deployment": "test",
    "slipway:attempt": "1",
  });
});

test("the target's beat those of run_task_kwargs, ours beat all", () => {
  const tags = tagsOf(
    withTags([
      { key: "a", value: "run" },
      { key: "slipway:run-id", value: "forged" },
    ]),
    { tags: { a: "target", "slipway:key": "forged" } },
  );
  expect(tags).toMatchObject({ a: "target", "slipway:run-id": "run-1", "slipway:key": ecsRun().key });
});

test("the run's tags replace those of the target's run_task_kwargs", () => {
  const over = { settings: { runTaskKwargs: { tags: [{ key: "t", value: "1" }] } } };
  expect(tagsOf(ecsRun(), over)).toHaveProperty("t", "1");
  expect(tagsOf(withTags([{ key: "a", value: "1" }]), over)).not.toHaveProperty("t");
});

test("names that come to us are made to fit", () => {
  const tags = tagsOf(ecsRun({}, { id: "a#b(c)", flow: { name: `${"é<>".repeat(200)}` } }));
  expect(tags["slipway:run-id"]).toBe("a_b_c_");
  expect(tags["slipway:flow-name"]).toMatch(/^(é__)+é?_?$/);
  expect(String(tags["slipway:flow-name"])).toHaveLength(256);
  expect(String(tagsOf(ecsRun({}, { flow: { name: `${"x".repeat(255)}𝒜` } }))["slipway:flow-name"]).isWellFormed()).toBe(true);
});

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: "" }));
const unfit: readonly (readonly [rule: string, tags: Json, over: TargetParts, path: string])[] = [
  ["more than 50 with ours", many(46), {}, "run_task_kwargs.tags"],
  ["the reserved prefix", [{ key: "AWS:x", value: "" }], {}, "run_task_kwargs.tags"],
  ["a long key", [{ key: "k".repeat(129), value: "" }], {}, "run_task_kwargs.tags"],
  ["a long value", [{ key: "k", value: "v".repeat(257) }], {}, "run_task_kwargs.tags"],
  ["an empty key", [{ key: "", value: "" }], {}, "run_task_kwargs.tags"],
  ["no key", [{ value: "" }], {}, "run_task_kwargs.tags[0].key"],
  ["characters that ECS does not take", [{ key: "a?", value: "" }], {}, "run_task_kwargs.tags"],
  ["the same in a target's value", [], { tags: { a: "<" } }, "targets.prod.tags"],
  ["the reserved prefix in a target's", [], { tags: { "aws:a": "" } }, "targets.prod.tags"],
];
test.each(unfit)("tags that ECS would not take are refused: %s", (_rule, tags, over, path) => {
  const refusal = refusalOf(() => planOf(withTags(tags), ecsTarget(over)));
  expect([refusal.code, refusal.path]).toEqual([path.startsWith("targets.") ? "INVALID_CONFIGURATION" : "INVALID_REQUEST", path]);
});

test("50 tags with ours are taken", () => {
  expect(Object.keys(tagsOf(withTags(many(45))))).toHaveLength(50);
});
