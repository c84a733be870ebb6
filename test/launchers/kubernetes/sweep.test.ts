/** What the sweep makes of a Job that doesn't start, that runs too long, and of one that is stopped: in a world of its own time. */
import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../../shared/core/record.ts";
import type { PodLife, Stuck } from "../../doubles/kubernetes/life.ts";
import {
  inKubernetesWorld,
  type KubernetesWorld,
  kubernetesConfiguration,
  kubernetesTargetDocument,
} from "../../harness/kubernetes-world.ts";

const MINUTE = 60_000;
const configuration = kubernetesConfiguration([kubernetesTargetDocument({ start_timeout_seconds: 300 })]);

/** A run of a pod with this life, until it is over; what its record was changed to, and when its Job was told to go. */
function played(life: PodLife, act: (world: KubernetesWorld) => void = () => {}, request: object = {}) {
  const changes: { readonly state: string | undefined; readonly deleted: boolean }[] = [];
  let here: KubernetesWorld | undefined;
  const changed = (_before: RunRecord | undefined, after: RunRecord) => {
    changes.push({ state: after.state, deleted: here?.jobsOf("run-1").some(({ deleted }) => deleted !== undefined) ?? false });
  };
  return inKubernetesWorld({ configuration, changed, double: { life } }, async (world, time) => {
    here = world;
    world.feed(() => 1);
    world.submit({ id: "run-1", command: ["work"], run_config: { type: "KubernetesRun" }, ...request });
    time.after(2 * MINUTE, () => act(world));
    await world.until(() => ["SUCCEEDED", "FAILED", "CANCELLED", "LOST"].includes(world.item("run-1")?.state ?? ""));
    return { item: world.item("run-1"), jobs: world.jobsOf("run-1"), changes, calls: world.cluster.calls.map(({ call }) => call) };
  });
}

describe("a pod that never starts, past start_timeout_seconds", () => {
  test.each<readonly [Stuck, string, string]>([
    ["ImagePullBackOff", "image_pull", "container flow: ImagePullBackOff"],
    ["InvalidImageName", "image_pull", "InvalidImageName"],
    ["CreateContainerConfigError", "start_failure", 'secret "database" not found'],
    ["Unschedulable", "start_failure", "Insufficient cpu"],
    ["FailedCreate", "start_failure", 'PodSecurity "restricted:latest"'],
  ])("%s: its Job is deleted first, then there is one FAILED record of class %s", async (stuck, failureClass, reason) => {
    const { item, jobs, changes, calls } = await played({ stuck, stopMs: 30_000 });
    expect(item).toMatchObject({ state: "FAILED", attempt: 1, failure: { class: failureClass, reason: expect.stringContaining(reason) } });
    expect(item?.failure?.reason).toContain("300 s");
    expect(jobs).toMatchObject([{ deleted: { policy: "Foreground" }, gone: true }]);
    expect(changes.filter(({ state }) => state === "FAILED")).toEqual([{ state: "FAILED", deleted: true }]);
    expect(calls.filter((call) => call === "create jobs")).toHaveLength(1);
  });
});

test("a cancel: the Job is deleted in the foreground, and the run is CANCELLED when it is gone", async () => {
  const { item, jobs } = await played({ stopMs: 30_000 }, (world) => world.submit({ cancel: { id: "run-1" } }));
  expect(item).toMatchObject({ state: "CANCELLED" });
  expect(jobs).toMatchObject([{ deleted: { policy: "Foreground" }, gone: true }]);
});

test("a Job past its own time limit: FAILED, of class timeout, and nobody had to stop it", async () => {
  const { item, jobs } = await played({}, undefined, { timeout_seconds: 90 });
  expect(item).toMatchObject({ state: "FAILED", failure: { class: "timeout" } });
  expect(jobs[0]?.deleted).toBeUndefined();
});

test("a pod that the node did not take: launched again as a new attempt", async () => {
  let made = 0;
  const { item, jobs } = await inKubernetesWorld(
    { configuration, double: { life: () => (++made === 1 ? { fate: "OutOfcpu" } : { runMs: 1000 }) } },
    async (world) => {
      world.feed(() => 1);
      world.submit({ id: "run-1", command: ["work"], run_config: { type: "KubernetesRun" } });
      await world.until(() => world.item("run-1")?.state === "SUCCEEDED");
      return { item: world.item("run-1"), jobs: world.jobsOf("run-1") };
    },
  );
  expect(item).toMatchObject({ state: "SUCCEEDED", attempt: 2 });
  expect(jobs.map(({ name }) => name.slice(-2))).toEqual(["-1", "-2"]);
});

test("a Job that somebody deletes is LOST, and never launched again by itself", async () => {
  const { item, jobs } = await played({}, (world) => world.cluster.vanish(world.jobsOf("run-1")[0]?.name ?? ""));
  expect(item).toMatchObject({ state: "LOST" });
  expect(jobs).toHaveLength(1);
});

test("a Job that ended is removed by the sweep a day later, should the cluster not have done so", async () => {
  await inKubernetesWorld({ configuration, double: { life: { runMs: 1000 } } }, async (world, time) => {
    world.feed(() => 1);
    world.submit({ id: "run-1", command: ["work"], run_config: { type: "KubernetesRun" } });
    await world.until(() => world.item("run-1")?.state === "SUCCEEDED");
    await time.sleep(23 * 60 * MINUTE);
    await world.sweep();
    expect(world.jobsOf("run-1")).toMatchObject([{ gone: false }]);
    await time.sleep(2 * 60 * MINUTE);
    await world.sweep();
    expect(world.jobsOf("run-1")).toMatchObject([{ gone: true }]);
  });
});
