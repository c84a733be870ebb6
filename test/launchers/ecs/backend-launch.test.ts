/** Launches through the exported handlers, in virtual time: whatever becomes of a call, one task. */
import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { runKey } from "../../../shared/core/identity.ts";
import { ecs as launcher } from "../../../shared/launchers/ecs/index.ts";
import { clientToken } from "../../../shared/launchers/ecs/naming.ts";
import { REASONS } from "../../doubles/ecs/capacity.ts";
import type { LostAnswer } from "../../doubles/ecs/faults.ts";
import { DEFINITION, NETWORK } from "../../doubles/ecs/scenario.ts";
import {
  type EcsLauncher,
  type EcsWorld,
  type EcsWorldOptions,
  ecsConfiguration,
  ecsRequest,
  ecsTargetDocument,
  inEcsWorld,
} from "../../harness/ecs-world.ts";

const MINUTE = 60_000;

/** Launches `a` in a world where something goes wrong, and looks at it when it runs. */
async function launched(options: EcsWorldOptions, before: (world: EcsWorld) => void, after: (world: EcsWorld) => void): Promise<void> {
  await inEcsWorld(options, async (world) => {
    before(world);
    world.feed(() => 10);
    world.submit(ecsRequest("a"));
    await world.until(() => world.item("a")?.state === "RUNNING");
    expect(world.tasksOf("a")).toHaveLength(1);
    expect(world.faults).toEqual([]);
    after(world);
  });
}

function rejected(
  options: EcsWorldOptions,
  before: (world: EcsWorld) => void | Promise<void>,
  after: (world: EcsWorld) => void,
): Promise<void> {
  return inEcsWorld(options, async (world) => {
    await before(world);
    world.feed(() => 10);
    world.submit(ecsRequest("a"));
    await world.until(() => world.item("a")?.state === "REJECTED");
    expect(world.tasksOf("a")).toHaveLength(0);
    after(world);
  });
}

describe("an answer that gets lost", () => {
  const operations = ["RegisterTaskDefinition", "RunTask", "DescribeTasks"] as const;
  const ways: readonly (readonly [string, Pick<LostAnswer, "when"> & { lateMs?: number }])[] = [
    ["before the call arrived", { when: "before" }],
    ["after it arrived", { when: "after" }],
    ["and the call arrives 3 s later", { when: "late", lateMs: 3000 }],
    ["and the call arrives 5 min later", { when: "late", lateMs: 5 * MINUTE }],
  ];
  const rows = operations.flatMap((operation) => ways.map(([way, lost]) => [operation, way, lost] as const));

  test.each(rows)("%s, %s: one task, of the first attempt", (operation, _way, lost) =>
    inEcsWorld({}, async (world, time) => {
      world.ecs.loseAnswer({ operation, ...lost } as LostAnswer);
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await world.until(() => world.item("a")?.state === "RUNNING");
      await time.sleep(6 * MINUTE);
      expect(world.ecs.counter(operation).lost).toBe(1);
      expect(world.tasksOf("a")).toHaveLength(1);
      expect(world.item("a")?.attempt).toBe(1);
      expect(world.ecs.tasks()).toHaveLength(1);
    }),
  );

  test("every answer of RunTask for five minutes: the same attempt again, and one task", () =>
    inEcsWorld({}, async (world, time) => {
      world.ecs.loseAnswer({ operation: "RunTask", when: "after", times: 1000 });
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await time.sleep(5 * MINUTE);
      expect(world.item("a")).toMatchObject({ state: "LAUNCHING", attempt: 1, unsettled: true });
      expect(world.tasksOf("a")).toHaveLength(1);
    }));

  test("a denial after a lost answer says nothing of the first call: one task, and no verdict until it is known", () =>
    inEcsWorld({}, async (world, time) => {
      world.ecs.loseAnswer({ operation: "RunTask", when: "after" });
      world.ecs.refuse({ operation: "RunTask", error: "accessDenied", times: 10 });
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await time.sleep(MINUTE / 2);
      expect(world.item("a")).toMatchObject({ state: "LAUNCHING", unsettled: true });
      await world.until(() => world.item("a")?.state === "RUNNING");
      expect(world.tasksOf("a")).toHaveLength(1);
    }));
});

describe("a refusal that repeats what it was sent", () => {
  const VALUE = "first-secret-value";
  const rows = ["RegisterTaskDefinition", "RunTask"] as const;

  test.each(rows)("%s: its message is kept without a piece of a variable", (operation) =>
    inEcsWorld({}, async (world) => {
      const message = `1 validation error detected: Value '${VALUE}' at 'environment.1.value' failed to satisfy constraint`;
      world.ecs.refuse({ operation, error: { type: "ValidationException", status: 400, message } });
      world.feed(() => 10);
      world.submit(ecsRequest("a", { env: { PASSWORD: VALUE } }));
      await world.until(() => world.item("a")?.state === "REJECTED");
      expect(world.item("a")?.error).toMatchObject({
        code: "ValidationException",
        message: "1 validation error detected: Value '[…]' at 'environment.1.value' failed to satisfy constraint",
      });
      expect(JSON.stringify(world.item("a")?.timeline)).not.toContain("secret");
    }),
  );
});

describe("a token that was used with other parameters", () => {
  /** The first dispatcher dies with its RunTask on the way, and the next has another configuration. */
  async function changedPlan(world: EcsWorld): Promise<void> {
    world.feed(() => 10);
    world.submit(ecsRequest("a"));
    await world.time.sleep(MINUTE / 2);
    expect(world.crashes).toBe(1);
    world.deploy(ecsConfiguration([ecsTargetDocument({ env: { CHANGED: "yes" } })]));
  }
  const dies: EcsWorldOptions["fateOf"] = ({ process, call }) =>
    process === "process-1" && call === "ecs:RunTask" ? "stopped after" : "answered";

  test("is ours, though the plan changed meanwhile: adopted", () =>
    inEcsWorld({ fateOf: dies }, async (world) => {
      await changedPlan(world);
      await world.until(() => world.item("a")?.state === "RUNNING");
      expect(world.ecs.requests.map(({ answer }) => answer)).toContain("ConflictException");
      expect(world.tasksOf("a").map(({ arn }) => arn)).toEqual([world.item("a")?.handle]);
      expect(world.item("a")?.attempt).toBe(1);
    }));

  test("is ours, and not described yet: unknown until it is, then adopted", () =>
    inEcsWorld({ fateOf: dies, double: { readLagMs: 5 * MINUTE } }, async (world) => {
      await changedPlan(world);
      await world.time.sleep(2.5 * MINUTE);
      await world.sweep();
      await world.time.sleep(MINUTE / 4);
      expect(world.item("a")).toMatchObject({ state: "LAUNCHING", attempt: 1, unsettled: true });
      await world.until(() => world.item("a")?.state === "RUNNING");
      expect(world.tasksOf("a").map(({ arn }) => arn)).toEqual([world.item("a")?.handle]);
    }));

  test("has no task, because the first plan's call brought failures only: a new attempt, and one task", () =>
    inEcsWorld({ fateOf: dies }, async (world) => {
      world.ecs.fail({ reason: REASONS.memory });
      await changedPlan(world);
      await world.until(() => world.item("a")?.state === "RUNNING");
      expect(world.item("a")).toMatchObject({ attempt: 2 });
      expect(world.item("a")?.timeline?.map(({ code }) => code)).toContain("TOKEN_SPENT");
      expect(world.tasksOf("a")).toHaveLength(1);
    }));

  test("belongs to somebody else: NAME_TAKEN, and their task is left alone", () =>
    rejected(
      {},
      async ({ ecs }) => {
        const client = new ECSClient({
          region: "eu-west-1",
          credentials: { accessKeyId: "AKIATESTER", secretAccessKey: "secret" },
          requestHandler: ecs.requestHandler,
        });
        await client.send(new RegisterTaskDefinitionCommand(DEFINITION));
        const token = clientToken("test", runKey("a"), 1);
        await client.send(
          new RunTaskCommand({
            taskDefinition: "etl",
            launchType: "FARGATE",
            networkConfiguration: NETWORK,
            clientToken: token,
            startedBy: "somebody",
          }),
        );
      },
      (world) => {
        expect(world.item("a")?.error?.code).toBe("NAME_TAKEN");
        expect(world.ecs.tasks().map(({ desiredStatus }) => desiredStatus)).toEqual(["RUNNING"]);
      },
    ));
});

describe("failures inside a 200", () => {
  /** RESOURCE:MEMORY for ten minutes; half an hour later the run must have been launched. */
  function shortOfMemory(taken: EcsLauncher): Promise<void> {
    return inEcsWorld({ launcher: taken }, async (world) => {
      world.ecs.fail({ reason: REASONS.memory, forMs: 10 * MINUTE });
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await world.time.sleep(MINUTE / 2);
      expect(world.item("a")).toMatchObject({ state: "WAITING", error: { class: "capacity", code: REASONS.memory } });
      await world.until(() => world.item("a")?.state === "RUNNING", 30);
      expect(world.item("a")?.attempt).toBeGreaterThan(3);
      expect(world.tasksOf("a")).toHaveLength(1);
      expect(world.queue.messages.size).toBe(0);
    });
  }

  test("RESOURCE:MEMORY for ten minutes: the run waits, with new attempts, and is launched", () => shortOfMemory(launcher));

  test("with a token that is fixed for the whole run, that very test fails: the old failure is answered again", async () => {
    const planted: EcsLauncher = {
      ...launcher,
      plan(run, target) {
        const { calls, ...plan } = launcher.plan(run, target);
        const fixed = { clientToken: clientToken(run.deployment, run.key, 1) };
        const fixedCalls = calls.map((call) =>
          call.api === "ecs:RunTask" ? { ...call, input: { ...(call.input as object), ...fixed } } : call,
        );
        return { ...plan, calls: fixedCalls };
      },
    };
    await expect(shortOfMemory(planted)).rejects.toThrow("it is not so after 30 minutes");
  });

  test("a lost answer that held a failure: the repeat settles it, and a new attempt starts one task", () =>
    inEcsWorld({}, async (world) => {
      world.ecs.fail({ reason: REASONS.cpu, times: 1 });
      world.ecs.loseAnswer({ operation: "RunTask", when: "after" });
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await world.until(() => world.item("a")?.state === "RUNNING");
      expect(world.item("a")?.attempt).toBe(2);
      expect(world.tasksOf("a")).toHaveLength(1);
    }));

  test("what waiting does not help: rejected at once", () =>
    rejected(
      {},
      ({ ecs }) => ecs.fail({ reason: REASONS.attribute, forMs: MINUTE }),
      (world) => {
        expect(world.item("a")).toMatchObject({ attempt: 1, error: { code: REASONS.attribute } });
        expect(world.ecs.counter("RunTask").calls).toBe(1);
      },
    ));

  test("thirty waits are thirty messages, each acknowledged when it first came: none comes near the dead letters", () => {
    const configuration = JSON.stringify({ ...JSON.parse(ecsConfiguration()), timing: { wait_scale: 0.5 } });
    return inEcsWorld({ configuration }, async (world) => {
      const received = new Map<string, number>();
      const { dispatch } = world;
      world.dispatch = (messages) => {
        for (const { id, receives } of messages) received.set(id, receives);
        return dispatch(messages);
      };
      const until = world.time.now() + 345 * MINUTE;
      world.ecs.fail({ reason: REASONS.memory, forMs: 345 * MINUTE });
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await world.until(() => world.item("a")?.state === "RUNNING", 400);
      expect(world.time.now()).toBeGreaterThan(until);
      expect(world.item("a")?.attempt).toBeGreaterThan(30);
      expect(received.size).toBeGreaterThan(30);
      expect(new Set(received.values())).toEqual(new Set([1]));
      expect(world.queue.messages.size).toBe(0);
      expect(world.tasksOf("a")).toHaveLength(1);
    });
  });
});

describe("a right that is missing: tried once, rejected, and named", () => {
  test.each([
    ["ecs:RunTask", "RunTask", {}],
    ["ecs:RegisterTaskDefinition", "RegisterTaskDefinition", {}],
    ["ecs:TagResource", "RunTask", {}],
    ["iam:PassRole", "RunTask", { task_role_arn: "arn:aws:iam::111122223333:role/task" }],
    ["iam:PassRole", "RegisterTaskDefinition", { execution_role_arn: "arn:aws:iam::111122223333:role/pull" }],
  ] as const)("%s at %s", (action, operation, target) =>
    rejected(
      { configuration: ecsConfiguration([ecsTargetDocument({ tags: { team: "etl" }, ...target })]) },
      ({ ecs }) => ecs.deny({ action }),
      (world) => {
        expect(world.ecs.counter(operation).calls).toBe(1);
        expect(world.item("a")?.error).toMatchObject({
          class: "denied",
          code: "AccessDeniedException",
          message: expect.stringContaining(action),
        });
        expect(world.item("a")?.attempt).toBe(1);
      },
    ),
  );
});

describe("a throttle", () => {
  test.each(["throttled", "hiddenThrottle", "hiddenRequestLimit"] as const)("%s, three times: repeated, one attempt, one task", (error) =>
    launched(
      {},
      ({ ecs }) => ecs.refuse({ operation: "RunTask", error, times: 3 }),
      (world) => {
        expect(world.ecs.counter("RunTask")).toMatchObject({ calls: 4, ok: 1, throttled: 3 });
        expect(world.item("a")?.attempt).toBe(1);
      },
    ),
  );

  test("without end: the run waits, and no more than a handful of calls is spent on it", () =>
    inEcsWorld({}, async (world) => {
      world.ecs.refuse({ operation: "RunTask", error: "throttled", times: 10_000 });
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await world.time.sleep(MINUTE / 2);
      expect(world.item("a")).toMatchObject({ state: "WAITING", error: { class: "throttled" } });
      expect(world.ecs.counter("RunTask").calls).toBeLessThan(20);
    }));
});

test("no room here: the fallback target takes the run, as a new attempt", () => {
  const targets = [
    ecsTargetDocument({ cluster: "full", fallback: ["other"] }),
    ecsTargetDocument({ name: "other", cluster: "free", labels: ["never"] }),
  ];
  return launched(
    {
      configuration: ecsConfiguration(targets),
      double: { clusters: ["full", "free"], capacity: ({ cluster }) => (cluster === "full" ? { reason: REASONS.capacity } : undefined) },
    },
    () => {},
    (world) => {
      expect(world.item("a")).toMatchObject({ target: "other", attempt: 2 });
      expect(world.tasksOf("a").map(({ cluster }) => cluster)).toEqual(["free"]);
    },
  );
});
