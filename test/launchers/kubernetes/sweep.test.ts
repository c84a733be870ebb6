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
import type { CallFate, Departure } from "../../harness/life.ts";

const MINUTE = 60_000;
const configuration = kubernetesConfiguration([kubernetesTargetDocument({ start_timeout_seconds: 300 })]);

const SUSPENDED = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { labels: { "kueue.x-k8s.io/queue-name": "nightly" } },
  spec: { suspend: true, template: { spec: { containers: [{ name: "flow", image: "i:1" }] } } },
};

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

describe("a Job that a queue holds back", () => {
  const queued = (over: object) => kubernetesConfiguration([kubernetesTargetDocument({ job_template: SUSPENDED, ...over })]);
  const play = (document: string, life: PodLife) =>
    inKubernetesWorld({ configuration: document, double: { life } }, async (world) => {
      world.feed(() => 1);
      world.submit({ id: "run-1", command: ["work"], run_config: { type: "KubernetesRun" } });
      await world.until(() => ["SUCCEEDED", "FAILED"].includes(world.item("run-1")?.state ?? ""), 8 * 60);
      return world.item("run-1");
    });

  test("it may wait longer than a start may take, and runs when it is let go", async () => {
    const item = await play(queued({}), { queuedMs: 2 * 60 * MINUTE, startMs: 10 * MINUTE, runMs: 1000 });
    expect(item).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  });

  test("let go, it has the usual time to start", async () => {
    const item = await play(queued({}), { queuedMs: 2 * 60 * MINUTE, stuck: "Unschedulable" });
    expect(item).toMatchObject({ state: "FAILED", failure: { class: "start_failure", reason: expect.stringContaining("900 s") } });
    expect((item?.endedAt ?? 0) - (item?.launchedAt ?? 0)).toBeGreaterThan(2 * 60 * MINUTE + 15 * MINUTE);
  });

  test("an operator who says how long means the queue as well", async () => {
    const item = await play(queued({ start_timeout_seconds: 300 }), { queuedMs: 2 * 60 * MINUTE, runMs: 1000 });
    expect(item).toMatchObject({ state: "FAILED", failure: { class: "start_failure", reason: expect.stringContaining("300 s") } });
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

describe("a call that got no answer and arrives late, when the run has been told to stop", () => {
  /** The first call is held; the second makes the Job. What became of the run, and when its Job was deleted. */
  async function overtaken(stopped: (world: KubernetesWorld) => void, request: object = {}) {
    let creates = 0;
    const fateOf = ({ call }: Departure): CallFate => (call === "kubernetes:create jobs" && ++creates === 1 ? "late" : "answered");
    const options = { configuration, fateOf, late: () => 100_000, double: { life: { runMs: 60 * MINUTE, stopMs: 1000 } } };
    return inKubernetesWorld(options, async (world, time) => {
      world.feed(() => 1);
      const began = time.now();
      world.submit({ id: "run-1", command: ["work"], run_config: { type: "KubernetesRun" }, ...request });
      time.after(20_000, () => stopped(world));
      await world.until(() => ["SUCCEEDED", "FAILED", "CANCELLED", "LOST"].includes(world.item("run-1")?.state ?? ""));
      const recordedAfter = time.now() - began;
      await time.sleep(30 * MINUTE);
      await world.sweep();
      const creations = world.cluster.calls.filter(({ call }) => call === "create jobs").map(({ status }) => status);
      return { item: world.item("run-1"), jobs: world.jobsOf("run-1"), creations, recordedAfter };
    });
  }

  test.each<readonly [string, (world: KubernetesWorld) => void, object, object]>([
    ["cancelled", (world) => world.submit({ cancel: { id: "run-1" } }), {}, { state: "CANCELLED" }],
    [
      "deleted by somebody, and cancelled",
      (world) => {
        world.cluster.vanish(world.jobsOf("run-1")[0]?.name ?? "");
        world.submit({ cancel: { id: "run-1" } });
      },
      {},
      { state: "CANCELLED" },
    ],
  ])("%s: nothing of it runs once its end is recorded", async (_rule, stopped, request, end) => {
    const { item, jobs } = await overtaken(stopped, request);
    expect(item).toMatchObject(end);
    expect(jobs.filter(({ gone }) => !gone)).toEqual([]);
  });

  test("the Job keeps its name until then: the late call meets it, and nothing is made twice", async () => {
    const { jobs, creations, recordedAfter } = await overtaken((world) => world.submit({ cancel: { id: "run-1" } }));
    expect(creations).toEqual([201, 409]);
    expect(jobs).toMatchObject([{ deleted: { policy: "Foreground" }, gone: true }]);
    expect(recordedAfter).toBeLessThan(8 * MINUTE);
  });
});
