/** Five hundred runs, then sweeps: nothing of ours is left, and everything of others is as it was. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import type { ReadonlyTask } from "../doubles/ecs/task.ts";
import { ecsConfiguration, ecsRequest, ecsTargetDocument, inEcsWorld } from "./ecs-world.ts";
import { changeJudge, isOver } from "./judge.ts";
import { inVirtualTime } from "./virtual-time.ts";
import { createWorld, warmUp, worldFolder } from "./world.ts";

const RUNS = 500;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const IDS = Array.from({ length: RUNS }, (_, index) => `run-${index}`);
const CANCELLED = IDS.filter((_, index) => index % 10 === 3);

test("on the machine: no folder of ours is left, and those of others are", { timeout: 300_000 }, async () => {
  await warmUp();
  await inVirtualTime(1, async (time) => {
    const violations: string[] = [];
    const world = createWorld(time, {
      folder: worldFolder("many"),
      configuration: JSON.stringify({ deployment: "test", targets: [{ name: "one", type: "local", max_parallel: 50 }] }),
      processes: 2,
      latency: () => 2,
      fateOf: () => "answered",
      wrapperFate: () => ({ startMilliseconds: 20, runMilliseconds: 20_000, exitCode: time.random() < 0.2 ? 3 : 0 }),
      changed: changeJudge(violations),
    });
    try {
      const attempts = join(world.folder, "local");
      const others = foreignFolders(attempts);
      world.feed(() => 10);
      for (const id of IDS) world.queue.send(JSON.stringify({ id, command: ["work"], run_config: { type: "UniversalRun" } }), time.now());
      await time.sleep(MINUTE);
      for (const id of CANCELLED) world.queue.send(JSON.stringify({ cancel: { id } }), time.now());
      await world.tick(
        () => isOver(world, IDS),
        () => false,
      );
      expect(world.processes.started.every(({ end }) => end !== undefined)).toBe(true);
      // The logs are kept for a while: nothing is taken from people early.
      await time.sleep(6 * DAY);
      await world.sweep();
      expect(readdirSync(attempts).length).toBeGreaterThan(RUNS / 2);
      for (let days = 0; days < 3; days++) {
        await time.sleep(DAY);
        await world.sweep();
      }
      expect(readdirSync(attempts).sort()).toEqual([...others.keys()].sort());
      for (const [name, text] of others) expect(readFileSync(join(attempts, name, "marker.json"), "utf8")).toBe(text);
      expect([...violations, ...world.faults]).toEqual([]);
    } finally {
      world.close();
    }
  });
});

/** Attempts of another deployment in the same folder, ended and never seen to; and what is no attempt at all. */
function foreignFolders(attempts: string): ReadonlyMap<string, string> {
  const others = new Map<string, string>();
  for (let index = 0; index < 20; index++) {
    const id = `theirs-${index}`;
    const key = runKey(id);
    const wrapper = { pid: 1, started: "never" };
    const text = JSON.stringify({ deployment: "test-2", id, key, attempt: 1, target: "one", plan_digest: "x", wrapper, started_at: 1 });
    mkdirSync(join(attempts, `${key}-1`), { recursive: true });
    writeFileSync(join(attempts, `${key}-1`, "marker.json"), text);
    others.set(`${key}-1`, text);
  }
  expect(existsSync(attempts)).toBe(true);
  return others;
}

test("on ECS: no task of ours runs, and those of others do", { timeout: 300_000 }, async () => {
  const violations: string[] = [];
  const options = {
    configuration: ecsConfiguration([ecsTargetDocument({ name: "one", cluster: "one" })]),
    processes: 2,
    changed: changeJudge(violations),
    double: {
      clusters: ["one"],
      life: ({ startedBy }: Pick<ReadonlyTask, "startedBy">) => ({
        provisioningMs: 2000,
        pendingMs: 2000,
        exitCode: 0,
        stopMs: 2000,
        ...(startedBy?.startsWith("slipway/test/") ? { runMs: 40_000 } : {}),
      }),
    },
  };
  await inEcsWorld(options, async (world, time) => {
    const client = new ECSClient({ region: "eu-west-1", maxAttempts: 1, requestHandler: world.ecs.requestHandler });
    const family = "theirs";
    await client.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions: [{ name: "web", image: "web:1", memory: 128 }] }));
    const theirs: string[] = [];
    for (const startedBy of [undefined, "ecs-svc/1234567890123456789", `slipway/test-2/${runKey("run-1")}/1`, "slipway/test"]) {
      const { tasks = [] } = await client.send(
        new RunTaskCommand({
          cluster: "one",
          taskDefinition: family,
          launchType: "EC2",
          ...(startedBy === undefined ? {} : { startedBy }),
        }),
      );
      theirs.push(tasks[0]?.taskArn ?? "");
    }
    const foreign = () => world.ecs.tasks().filter(({ arn }) => theirs.includes(arn));
    world.feed(() => 10);
    for (const id of IDS) world.submit(ecsRequest(id));
    await time.sleep(20_000);
    for (const id of CANCELLED) world.queue.send(JSON.stringify({ cancel: { id } }), time.now());
    await world.until(() => isOver(world, IDS), 240);
    for (let turns = 0; turns < 4; turns++) {
      await time.sleep(11 * MINUTE);
      await world.sweep();
    }
    const ours = world.ecs.tasks().filter(({ startedBy }) => startedBy?.startsWith("slipway/test/"));
    expect(ours.length).toBeGreaterThanOrEqual(RUNS - CANCELLED.length);
    expect(ours.filter(({ status }) => status !== "STOPPED")).toEqual([]);
    expect(foreign()).toHaveLength(4);
    expect(foreign().every(({ desiredStatus, stopCode }) => desiredStatus === "RUNNING" && stopCode === undefined)).toBe(true);
    expect([...violations, ...world.faults]).toEqual([]);
  });
});
