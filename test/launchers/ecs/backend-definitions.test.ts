/** Definitions are registered once for each content, whatever happens between dispatchers; one that a run names is used as it is. */
import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import { DEFINITION } from "../../doubles/ecs/scenario.ts";
import { type EcsWorld, ecsConfiguration, ecsRequest, ecsTargetDocument, inEcsWorld } from "../../harness/ecs-world.ts";

const ROLE = "arn:aws:iam::111122223333:role";

function operator({ ecs }: EcsWorld): ECSClient {
  const credentials = { accessKeyId: "AKIATESTER", secretAccessKey: "secret" };
  return new ECSClient({ region: "eu-west-1", credentials, requestHandler: ecs.requestHandler });
}

async function launchAll(world: EcsWorld, documents: readonly JsonObject[]): Promise<void> {
  for (const document of documents) world.submit(document);
  await world.until(() => documents.every(({ id }) => world.item(String(id))?.state === "RUNNING"));
  for (const { id } of documents) expect(world.tasksOf(String(id))).toHaveLength(1);
}

const many = (prefix: string, count = 10) => Array.from({ length: count }, (_, index) => ecsRequest(`${prefix}${index}`));

describe("registering", () => {
  test.each([
    ["INACTIVE", false],
    ["deleted", true],
  ])("a definition that is %s since: ten launches at once register it again, once, and each starts one task", (_since, deleted) =>
    inEcsWorld({}, async (world) => {
      world.feed(() => 10);
      await launchAll(world, [ecsRequest("first")]);
      const arn = world.ecs.definitions()[0]?.arn ?? "";
      await operator(world).send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
      if (deleted) await operator(world).send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [arn] }));
      if (deleted) await world.time.sleep(120_000);
      await launchAll(world, many("after"));
      await launchAll(world, many("later", 3));
      expect(world.ecs.counter("RegisterTaskDefinition").calls).toBe(2);
      expect(world.ecs.counter("DescribeTaskDefinition").calls).toBe(0);
    }),
  );

  test("Too many concurrent attempts: repeated, one definition", () =>
    inEcsWorld({}, async (world) => {
      world.ecs.refuse({ operation: "RegisterTaskDefinition", error: "concurrentRevision", times: 3 });
      world.feed(() => 10);
      await launchAll(world, many("a"));
      expect(world.ecs.definitions()).toHaveLength(1);
      expect(world.item("a0")?.attempt).toBe(1);
    }));

  test.each(["before", "after"] as const)("its answer lost %s it arrived: one definition", (when) =>
    inEcsWorld({}, async (world) => {
      world.ecs.loseAnswer({ operation: "RegisterTaskDefinition", when });
      world.feed(() => 10);
      await launchAll(world, many("a"));
      expect(world.ecs.definitions()).toHaveLength(1);
    }),
  );

  test("the dispatcher dies before it keeps the ARN: the next finds the active family, and registers nothing", () =>
    inEcsWorld(
      {
        processes: 1,
        fateOf: dyingAfterRegister(),
      },
      async (world) => {
        world.feed(() => 10);
        await launchAll(world, [ecsRequest("a")]);
        expect(world.crashes).toBe(1);
        expect(world.ecs.counter("RegisterTaskDefinition").calls).toBe(1);
        expect(world.ecs.counter("DescribeTaskDefinition").calls).toBe(1);
        await launchAll(world, many("later", 3));
        expect(world.ecs.definitions()).toHaveLength(1);
        expect(world.ecs.counter("DescribeTaskDefinition").calls).toBe(1);
      },
    ));

  test("twenty runs of a flow's version 3 and twenty of version 4 with the same content: 1", () =>
    inEcsWorld({ processes: 2 }, async (world) => {
      world.feed(() => 10);
      for (const version of [3, 4]) {
        const flow = { id: `f${version}`, name: "Nightly", version };
        await launchAll(
          world,
          many(`v${version}-`, 20).map((document, index) => ({ ...document, flow, parameters: { index } })),
        );
      }
      expect(world.ecs.counter("RegisterTaskDefinition").calls).toBe(1);
      expect(world.ecs.counter("DescribeTaskDefinition").calls).toBe(0);
    }));
});

/** The first process registers, and dies with its next write on its way. */
function dyingAfterRegister() {
  let registered = false;
  return ({ process, call }: { readonly process: string; readonly call: string }) => {
    if (process === "process-1" && registered && call === "dynamodb:UpdateItem") return "stopped before";
    registered ||= call === "ecs:RegisterTaskDefinition";
    return "answered";
  };
}

describe("a definition that the run names", () => {
  const asItIs = (id: string) => ecsRequest(id, { task_definition_arn: "etl:1" });
  const roles = { task_role_arn: `${ROLE}/task-of-target`, execution_role_arn: `${ROLE}/pull-of-target` };
  const configuration = ecsConfiguration([ecsTargetDocument({ ...roles, allow: "*" })]);

  test("is described once, and the target's roles are added where it has none", () =>
    inEcsWorld({ configuration }, async (world) => {
      await operator(world).send(new RegisterTaskDefinitionCommand({ ...DEFINITION, executionRoleArn: `${ROLE}/pull-of-its-own` }));
      world.feed(() => 10);
      await launchAll(
        world,
        Array.from({ length: 10 }, (_, index) => asItIs(`a${index}`)),
      );
      await launchAll(world, [asItIs("later")]);
      expect(world.ecs.counter("DescribeTaskDefinition").calls).toBe(1);
      expect(world.ecs.counter("RegisterTaskDefinition").calls).toBe(1);
      for (const { overrides } of world.ecs.tasks()) {
        expect(overrides.taskRoleArn).toBe(`${ROLE}/task-of-target`);
        expect(overrides.executionRoleArn).toBeUndefined();
      }
    }));

  test.each([
    [
      "without a container `flow`",
      { ...DEFINITION, containerDefinitions: [{ name: "main", image: "img:1" }] },
      /no container named "flow"/,
    ],
    [
      "whose container `flow` would be started again",
      {
        ...DEFINITION,
        containerDefinitions: [{ name: "flow", image: "img:1", restartPolicy: { enabled: true } }],
      },
      /restartPolicy/,
    ],
    ["that does not exist", { ...DEFINITION, family: "another" }, /Unable to describe task definition/],
  ])("%s: refused, and nothing is started", (_what, definition, message) =>
    inEcsWorld({ configuration }, async (world) => {
      await operator(world).send(new RegisterTaskDefinitionCommand(definition));
      world.feed(() => 10);
      world.submit(asItIs("a"));
      await world.until(() => world.item("a")?.state === "REJECTED");
      expect(world.item("a")?.error?.message).toMatch(message);
      expect(world.ecs.counter("RunTask").calls).toBe(0);
    }),
  );

  test.each([
    ["the definition's own role, the run config's over it", { task_role_arn: `${ROLE}/run` }, `${ROLE}/own`, `${ROLE}/run`],
    ["the definition's own role before the one of run_task_kwargs", {}, `${ROLE}/own`, undefined],
    ["the role of run_task_kwargs, where nobody else says one", {}, undefined, `${ROLE}/kwargs`],
  ])("%s", (_what, config, own, sent) => {
    const run_task_kwargs = { ...(ecsTargetDocument()["run_task_kwargs"] as JsonObject), overrides: { taskRoleArn: `${ROLE}/kwargs` } };
    return inEcsWorld({ configuration: ecsConfiguration([ecsTargetDocument({ allow: "*", run_task_kwargs })]) }, async (world) => {
      await operator(world).send(new RegisterTaskDefinitionCommand({ ...DEFINITION, ...(own === undefined ? {} : { taskRoleArn: own }) }));
      world.feed(() => 10);
      await launchAll(world, [ecsRequest("a", { task_definition_arn: "etl:1", ...config })]);
      expect(world.ecs.tasks().map(({ overrides }) => overrides.taskRoleArn)).toEqual([sent]);
    });
  });

  test("without a revision: described once a minute, not for each launch", () =>
    inEcsWorld({ configuration }, async (world, time) => {
      await operator(world).send(new RegisterTaskDefinitionCommand(DEFINITION));
      const latest = (id: string) => ecsRequest(id, { task_definition_arn: "etl" });
      world.feed(() => 10);
      await launchAll(
        world,
        Array.from({ length: 10 }, (_, index) => latest(`a${index}`)),
      );
      expect(world.ecs.counter("DescribeTaskDefinition").calls).toBe(1);
      await time.sleep(60_000);
      await launchAll(world, [latest("b"), latest("c")]);
      expect(world.ecs.counter("DescribeTaskDefinition").calls).toBe(2);
    }));

  test("a description that fails for now is asked for again", () =>
    inEcsWorld({ configuration }, async (world) => {
      await operator(world).send(new RegisterTaskDefinitionCommand(DEFINITION));
      world.ecs.refuse({ operation: "DescribeTaskDefinition", error: "throttled", times: 2 });
      world.ecs.loseAnswer({ operation: "DescribeTaskDefinition", when: "after" });
      world.feed(() => 10);
      await launchAll(world, [asItIs("a"), asItIs("b")]);
      expect(world.item("a")?.attempt).toBe(1);
    }));
});
