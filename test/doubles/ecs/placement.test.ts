import { expect } from "vitest";
import { fixedCapacity, REASONS } from "./capacity.ts";
import { PLACEMENT_QUIRKS } from "./quirks.ts";
import { quirkRows } from "./rows.ts";
import { INSTANCE_DEFINITION, onlyArn, refusalOf } from "./scenario.ts";

const MINUTE = 60_000;
const onInstances = { taskDefinition: "batch", launchType: "EC2", networkConfiguration: undefined } as const;
const byProvider = {
  taskDefinition: "batch",
  launchType: undefined,
  networkConfiguration: undefined,
  capacityProviderStrategy: [{ capacityProvider: "pool" }],
};
const full = () => ({ reason: REASONS.memory });

quirkRows("Room for tasks", PLACEMENT_QUIRKS, {
  "a task without room is a failure inside a 200": async ({ double, run, pass }) => {
    for (const reason of [REASONS.memory, REASONS.cpu, REASONS.agent, REASONS.attribute, REASONS.missing, REASONS.placement]) {
      double.fail({ reason });
      expect(await run()).toMatchObject({ $metadata: { httpStatusCode: 200 }, tasks: [], failures: [{ reason }] });
    }
    double.fail({ reason: REASONS.memory, forMs: 10 * MINUTE });
    pass(10 * MINUTE - 1);
    expect((await run()).failures).toHaveLength(1);
    pass(1);
    onlyArn(await run());
  },
  "of several tasks some may start and some fail": async ({ double, run }) => {
    double.fail({ reason: REASONS.capacity, times: 2 });
    const { tasks, failures } = await run({ count: 5 });
    expect([tasks?.length, failures?.length]).toEqual([3, 2]);
  },
  "Fargate without room: Capacity is unavailable at this time": async ({ double, run }) => {
    double.capacity(({ provider }) => (provider === "FARGATE" ? { reason: REASONS.capacity } : undefined));
    expect((await run()).failures?.[0]?.reason).toMatch(/^Capacity is unavailable at this time/);
  },
  "a pool of instances fills up: RESOURCE:MEMORY, RESOURCE:CPU": [
    { capacity: fixedCapacity({ cpu: 1024, memory: 1024 }) },
    async ({ double, run, register }) => {
      await register(INSTANCE_DEFINITION);
      const { tasks = [], failures = [] } = await run({ ...onInstances, count: 3 });
      expect([tasks.length, failures.map(({ reason }) => reason)]).toEqual([2, ["RESOURCE:MEMORY"]]);
      double.finish(tasks[0]?.taskArn ?? "");
      expect((await run({ ...onInstances, overrides: { cpu: "1024" } })).failures?.[0]?.reason).toBe("RESOURCE:CPU");
      onlyArn(await run(onInstances));
    },
  ],
  "a capacity provider takes a task without room, and it starts once there is some": [
    { capacityProviders: ["pool"], capacity: full },
    async ({ double, run, register, pass }) => {
      await register(INSTANCE_DEFINITION);
      onlyArn(await run(byProvider));
      pass(5 * MINUTE);
      expect(double.tasks()[0]?.status).toBe("PROVISIONING");
      double.capacity(() => undefined);
      pass(MINUTE);
      expect(double.tasks()[0]?.status).toBe("RUNNING");
    },
  ],
  "a capacity provider's task that waits too long stops: TaskFailedToStart": [
    { capacityProviders: ["pool"], capacity: full },
    async ({ double, run, register, pass }) => {
      await register(INSTANCE_DEFINITION);
      onlyArn(await run(byProvider));
      pass(10 * MINUTE);
      expect(double.tasks()[0]).toMatchObject({ status: "STOPPED", stopCode: "TaskFailedToStart", stoppedReason: "RESOURCE:MEMORY" });
    },
  ],
  "a cluster takes 500 tasks in PROVISIONING": [
    { buckets: false },
    async ({ run, pass }) => {
      await Promise.all(Array.from({ length: 50 }, () => run({ count: 10 })));
      expect(await refusalOf(run())).toBe("ClientException: Tasks provisioning capacity limit exceeded.");
      pass(1000);
      onlyArn(await run());
    },
  ],
  "a strategy's bases come first, then its weights": async ({ run }) => {
    const capacityProviderStrategy = [
      { capacityProvider: "FARGATE", base: 1, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", weight: 3 },
    ];
    const { tasks = [] } = await run({ launchType: undefined, capacityProviderStrategy, count: 9 });
    const spot = tasks.filter(({ capacityProviderName }) => capacityProviderName === "FARGATE_SPOT");
    expect([tasks.length, spot.length, tasks[0]?.launchType]).toEqual([9, 6, "FARGATE"]);
  },
});
