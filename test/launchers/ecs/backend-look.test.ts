/** What is seen of tasks, and how they are stopped. */
import { describe, expect, test } from "vitest";
import { runKey } from "../../../shared/core/identity.ts";
import type { Launched } from "../../../shared/core/launcher.ts";
import { connectEcs } from "../../../shared/launchers/ecs/backend.ts";
import { ecsClient } from "../../../shared/launchers/ecs/client.ts";
import { planEcs } from "../../../shared/launchers/ecs/plan.ts";
import { servicesFor } from "../../contract/services.ts";
import { ecsService } from "../../doubles/ecs/ecs-double.ts";
import type { EcsDoubleOptions } from "../../doubles/ecs/options.ts";
import { ecsRequest, inEcsWorld } from "../../harness/ecs-world.ts";
import { plannedRun } from "../../support/runs.ts";
import { ecsConfig, ecsTarget } from "./support.ts";

const SETTINGS = { region: "eu-west-1" };

/** One backend before a double whose time stands still until it is moved. */
async function bench(options: EcsDoubleOptions = {}) {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIATESTER", AWS_SECRET_ACCESS_KEY: "secret" });
  let now = Date.UTC(2026, 0, 5, 12);
  const { services } = servicesFor({ now: () => now });
  const ecs = ecsService({ clock: { now: () => now }, registerMs: 0, buckets: false, ...options });
  const backendOf = (cluster: string) =>
    connectEcs(ecsTarget({ settings: { ...SETTINGS, cluster } }), services, (settings) => ecsClient(settings, ecs.requestHandler));
  async function launch(id: string, cluster = "default"): Promise<Launched> {
    const run = plannedRun({ id, runConfig: ecsConfig() });
    const planned = { ...run, key: runKey(id) };
    const { deployment, key, attempt } = planned;
    const target = ecsTarget({ settings: { ...SETTINGS, cluster } });
    const signal = new AbortController().signal;
    const launching = { deployment, id, key, attempt, planDigest: "d", signal };
    const outcome = await (await backendOf(cluster)).submit(planEcs(planned, target), launching);
    if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
    return { id, key, attempt, handle: outcome.handle.id };
  }
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { ecs, backend: await backendOf("default"), launch, pass };
}

describe("inspect", () => {
  test("hundreds in as many calls as there are hundreds, for each cluster, in order", async () => {
    const { ecs, backend, launch, pass } = await bench({ clusters: ["default", "jobs"], provisioningLimit: 1000 });
    const launched: Launched[] = [];
    for (let index = 0; index < 250; index++) launched.push(await launch(`run-${index}`, index % 5 === 0 ? "jobs" : "default"));
    pass(10_000);
    const seen = await backend.inspect(launched);
    expect(seen.map((one) => ("handle" in one ? `${one.status} ${one.handle.id}` : one.status))).toEqual(
      launched.map(({ handle }) => `running ${handle}`),
    );
    // 200 of one cluster, 50 of the other.
    expect(ecs.counter("DescribeTasks").calls).toBe(3);
  });

  test("a task that is not described yet, and one that ECS has forgotten: absent", async () => {
    const { ecs, backend, launch, pass } = await bench({ readLagMs: 5000 });
    const old = await launch("old");
    ecs.finish(old.handle);
    pass(3_600_000);
    const fresh = await launch("fresh");
    expect(await backend.inspect([old, fresh])).toEqual([{ status: "absent" }, { status: "absent" }]);
    pass(5000);
    expect((await backend.inspect([fresh]))[0]?.status).toBe("starting");
  });

  test("a hundred that got no answer are unknown, and the others are seen", async () => {
    const { ecs, backend, launch } = await bench({ provisioningLimit: 1000 });
    const launched: Launched[] = [];
    for (let index = 0; index < 150; index++) launched.push(await launch(`run-${index}`));
    ecs.refuse({ operation: "DescribeTasks", error: "unavailable" });
    const statuses = (await backend.inspect(launched)).map(({ status }) => status);
    expect(statuses).toEqual([...Array(100).fill("unknown"), ...Array(50).fill("starting")]);
  });
});

describe("stop", () => {
  test("says why, in as many characters as ECS takes; the end is CANCELLED", async () => {
    const { ecs, backend, launch, pass } = await bench();
    const launched = await launch("a");
    pass(10_000);
    await backend.stop(launched, "c".repeat(300));
    const [task] = ecs.tasks();
    expect(task?.stoppedReason).toBe(`slipway: ${"c".repeat(246)}`);
    expect((await backend.inspect([launched]))[0]).toMatchObject({ status: "ended", outcome: { state: "CANCELLED" } });
  });

  test("of what is gone already is no error; of what could not be asked is one", async () => {
    const { ecs, backend, launch, pass } = await bench();
    const launched = await launch("a");
    ecs.finish(launched.handle);
    await backend.stop(launched, "cancelled");
    pass(2 * 3_600_000);
    await backend.stop({ ...launched, handle: launched.handle.replace(/\w{4}$/, "0000") }, "cancelled");
    ecs.refuse({ operation: "StopTask", error: "server" });
    await expect(backend.stop(launched, "cancelled")).rejects.toThrow("Service Unavailable");
  });

  test("a cancel, from the message to CANCELLED; an answer that gets lost changes nothing", () =>
    inEcsWorld({}, async (world) => {
      world.feed(() => 10);
      world.submit(ecsRequest("a"));
      await world.until(() => world.item("a")?.state === "RUNNING");
      world.ecs.loseAnswer({ operation: "StopTask", when: "before" });
      world.submit({ cancel: { id: "a" } });
      await world.until(() => world.item("a")?.state === "CANCELLED");
      expect(world.tasksOf("a").map(({ stoppedReason }) => stoppedReason)).toEqual(["slipway: cancelled"]);
    }));
});
