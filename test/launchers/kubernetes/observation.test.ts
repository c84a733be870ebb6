/** A Job and its pods, as the API server shows them, and what that means for the run. */
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { observationOf } from "../../../shared/launchers/kubernetes/observation.ts";

const AT = new Date("2026-01-05T12:00:00Z");
const LATER = new Date("2026-01-05T12:05:00Z");
const NOW = LATER.getTime();
const OWN = { name: "flow", image: "i", imageID: "", ready: false, restartCount: 0 };

type Status = NonNullable<V1Pod["status"]>;
type ContainerStatus = NonNullable<Status["containerStatuses"]>[number];

function job(type?: "Complete" | "Failed" | "FailureTarget" | "Suspended", reason = ""): V1Job {
  const conditions = type === undefined ? [] : [{ type, status: "True", reason, message: "m", lastTransitionTime: LATER }];
  return { metadata: { name: "j" }, status: { startTime: AT, conditions } };
}

function pod(status: Status, spec: Partial<NonNullable<V1Pod["spec"]>> = { nodeName: "n" }): V1Pod {
  return { metadata: { name: "p", creationTimestamp: AT }, spec: { containers: [{ name: "flow" }, { name: "side" }], ...spec }, status };
}

const waiting = (reason: string, message = ""): ContainerStatus => ({ ...OWN, state: { waiting: { reason, message } } });
const ended = (exitCode: number, reason = "Error", started = true): ContainerStatus => ({
  ...OWN,
  state: { terminated: { exitCode, reason, finishedAt: LATER, ...(started ? { startedAt: AT } : {}) } },
});
const running: ContainerStatus = { ...OWN, state: { running: { startedAt: AT } } };
const disrupted = (reason: string) => ({ conditions: [{ type: "DisruptionTarget", status: "True", reason, message: "why" }] });

const see = (of: V1Job, pods: readonly V1Pod[], log: readonly string[] = []) =>
  observationOf(of, pods, "ns/j", NOW, { log: async () => log, noPod: async () => undefined });

describe("a Job that goes on", () => {
  test.each<readonly [string, V1Job, readonly V1Pod[], object]>([
    ["without a pod yet", job(), [], { status: "starting" }],
    [
      "suspended: it waits for as long as it takes",
      { ...job("Suspended"), spec: { suspend: true, template: {} } },
      [],
      { status: "starting", waitsUntil: Number.POSITIVE_INFINITY },
    ],
    [
      "let go: it starts from then",
      { ...job(), spec: { suspend: false, template: {} } },
      [],
      { status: "starting", waitsUntil: AT.getTime() },
    ],
    ["being created", job(), [pod({ containerStatuses: [waiting("ContainerCreating")] })], { status: "starting" }],
    ["running", job(), [pod({ containerStatuses: [running] })], { status: "running", startedAt: AT.getTime() }],
    [
      "its command over, a sidecar not",
      job(),
      [pod({ containerStatuses: [ended(0), { ...running, name: "side" }] })],
      { status: "running" },
    ],
    ["told to fail, its pod still ending", job("FailureTarget"), [pod({ containerStatuses: [running] })], { status: "running" }],
    [
      "started again by its own policy",
      job(),
      [pod({ containerStatuses: [{ ...waiting("CrashLoopBackOff"), lastState: ended(1).state ?? {} }] })],
      { status: "running" },
    ],
  ])("%s", async (_name, of, pods, expected) => {
    expect(await see(of, pods)).toMatchObject({ ...expected, handle: { id: "ns/j" } });
  });

  test.each<readonly [string, Status, string]>([
    ["ErrImagePull", { containerStatuses: [waiting("ErrImagePull", "not found")] }, "image_pull"],
    ["ImagePullBackOff", { containerStatuses: [waiting("ImagePullBackOff")] }, "image_pull"],
    ["ErrImageNeverPull", { containerStatuses: [waiting("ErrImageNeverPull")] }, "image_pull"],
    ["InvalidImageName", { containerStatuses: [waiting("InvalidImageName")] }, "image_pull"],
    ["an init container's image", { initContainerStatuses: [{ ...waiting("ImagePullBackOff"), name: "init" }] }, "image_pull"],
    [
      "a sidecar's image",
      { containerStatuses: [waiting("ContainerCreating"), { ...waiting("ErrImagePull"), name: "side" }] },
      "image_pull",
    ],
    ["CreateContainerConfigError", { containerStatuses: [waiting("CreateContainerConfigError", 'secret "a" not found')] }, "start_failure"],
    ["CreateContainerError", { containerStatuses: [waiting("CreateContainerError")] }, "start_failure"],
    [
      "an init container that ends again and again",
      { initContainerStatuses: [{ ...waiting("CrashLoopBackOff"), name: "init" }] },
      "start_failure",
    ],
  ])("held by %s", async (_name, status, failureClass) => {
    const seen = await see(job(), [pod(status)]);
    expect(seen).toMatchObject({ status: "starting", held: { class: failureClass, reason: expect.stringMatching(/container|init/) } });
  });

  test("held for want of a node", async () => {
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available" }];
    expect(await see(job(), [pod({ conditions }, {})])).toMatchObject({
      held: { class: "start_failure", reason: expect.stringContaining("0/3 nodes") },
    });
  });

  test.each([
    [
      'Error creating: pods "j-x" is forbidden: exceeded quota: compute, requested: pods=1',
      "the quota compute of the namespace is used up",
    ],
    [
      'Error creating: pods "j-x" is forbidden: violates PodSecurity "restricted:latest": hunter2',
      'admission refused it: PodSecurity "restricted:latest"',
    ],
    ["something else, with hunter2", "the cluster could not make its pod"],
  ])("without a pod, since %s", async (said, reason) => {
    const seen = await observationOf(job(), [], "ns/j", NOW, { log: async () => undefined, noPod: async () => said });
    expect(seen).toMatchObject({ status: "starting", held: { class: "start_failure", reason: expect.stringContaining(reason) } });
    expect(JSON.stringify(seen)).not.toContain("hunter2");
  });

  test("without a pod in a queue: nothing is asked", async () => {
    const suspended = { ...job("Suspended"), spec: { suspend: true, template: {} } };
    const seen = await observationOf(suspended, [], "ns/j", NOW, { log: async () => undefined, noPod: () => expect.unreachable() });
    expect(seen).not.toHaveProperty("held");
  });

  test("about to be ended by the cluster", async () => {
    const seen = await see(job(), [pod({ ...disrupted("EvictionByEvictionAPI"), containerStatuses: [running] })]);
    expect(seen).toMatchObject({ status: "running", ending: "the pod is about to be ended (EvictionByEvictionAPI): why" });
  });

  test("being created holds nothing", async () => {
    expect(await see(job(), [pod({ containerStatuses: [waiting("ContainerCreating")] })])).not.toHaveProperty("held");
  });
});

describe("a Job that ended", () => {
  const failed = job("Failed", "BackoffLimitExceeded");
  test.each<readonly [string, V1Job, readonly V1Pod[], object]>([
    ["complete", job("Complete"), [], { state: "SUCCEEDED", exitCode: 0 }],
    [
      "failed by a sidecar, its own command good",
      failed,
      [pod({ containerStatuses: [ended(0, "Completed"), { ...ended(1), name: "side" }] })],
      { state: "SUCCEEDED", exitCode: 0 },
    ],
    ["past its deadline", job("Failed", "DeadlineExceeded"), [], { failure: { class: "timeout" } }],
    [
      "past its pod's deadline",
      failed,
      [pod({ reason: "DeadlineExceeded", containerStatuses: [ended(137)] })],
      { failure: { class: "timeout" } },
    ],
    [
      "with an exit code",
      failed,
      [pod({ containerStatuses: [ended(3)] })],
      { failure: { class: "app_error", exitCode: 3, reason: "exited with code 3" } },
    ],
    ["with 137 alone", failed, [pod({ containerStatuses: [ended(137)] })], { failure: { class: "app_error", exitCode: 137 } }],
    [
      "out of memory",
      failed,
      [pod({ containerStatuses: [ended(137, "OOMKilled")] })],
      { failure: { class: "out_of_memory", exitCode: 137 } },
    ],
    [
      "evicted",
      failed,
      [pod({ reason: "Evicted", message: "low on memory", containerStatuses: [ended(137)] })],
      { failure: { class: "interrupted", reason: expect.stringContaining("low on memory") } },
    ],
    [
      "preempted",
      failed,
      [pod({ ...disrupted("PreemptionByScheduler"), containerStatuses: [ended(143)] })],
      { failure: { class: "interrupted" } },
    ],
    [
      "its node deleted",
      failed,
      [pod({ ...disrupted("DeletionByPodGC"), containerStatuses: [running] })],
      { failure: { class: "interrupted" } },
    ],
    [
      "a command that can't be started",
      failed,
      [pod({ containerStatuses: [ended(128, "StartError", false)] })],
      { failure: { class: "start_failure" } },
    ],
    [
      "an init container's failure",
      failed,
      [pod({ initContainerStatuses: [{ ...ended(2), name: "init" }], containerStatuses: [waiting("PodInitializing")] })],
      { failure: { class: "start_failure", reason: expect.stringContaining("init container init exited with code 2") } },
    ],
    [
      "an init container out of memory",
      failed,
      [pod({ initContainerStatuses: [{ ...ended(137, "OOMKilled"), name: "init" }] })],
      { failure: { class: "out_of_memory" } },
    ],
    ["without a pod left", failed, [], { failure: { class: "interrupted", reason: expect.stringContaining("its pod is gone") } }],
  ])("%s", async (_name, of, pods, outcome) => {
    expect(await see(of, pods)).toMatchObject({ status: "ended", endedAt: NOW, outcome });
  });

  test.each<readonly [string, Status]>([
    ["a node that did not take the pod", { reason: "OutOfcpu", message: "Pod was rejected" }],
    ["an affinity that holds no more", { reason: "NodeAffinity" }],
    ["an eviction before the start", { reason: "Evicted" }],
    ["a preemption before the start", disrupted("PreemptionByScheduler")],
    ["a preemption while it was being made", { ...disrupted("PreemptionByScheduler"), containerStatuses: [waiting("ContainerCreating")] }],
  ])("%s: it may be launched again", async (_name, status) => {
    expect(await see(failed, [pod(status)])).toMatchObject({ outcome: { state: "FAILED", neverStarted: true } });
  });

  test.each<readonly [string, Status]>([
    ["a command that ran", { reason: "Evicted", containerStatuses: [ended(137)] }],
    ["a command that ran on a node that is gone", { ...disrupted("DeletionByPodGC"), containerStatuses: [running] }],
    ["a command that is just being ended", { ...disrupted("DeletionByTaintManager"), containerStatuses: [running] }],
    // Recorded: kubernetes/kubernetes#122160, #122932.
    ["a container that the kubelet lost", { reason: "Evicted", containerStatuses: [ended(137, "ContainerStatusUnknown", false)] }],
    [
      "a container that was lost and is to be made anew",
      {
        reason: "Terminated",
        containerStatuses: [{ ...waiting("ContainerCreating"), lastState: ended(137, "ContainerStatusUnknown", false).state ?? {} }],
      },
    ],
    [
      "a container that was made",
      { reason: "Evicted", containerStatuses: [{ ...waiting("ContainerCreating"), containerID: "containerd://1" }] },
    ],
    ["an init container that failed", { initContainerStatuses: [{ ...ended(2), name: "init" }] }],
    ["a command that can't be started", { containerStatuses: [ended(128, "StartError", false)] }],
  ])("%s: it is not", async (_name, status) => {
    expect(JSON.stringify(await see(failed, [pod(status)]))).not.toContain("neverStarted");
  });

  test("of several pods the last counts", async () => {
    const first = { ...pod({ containerStatuses: [ended(1)] }), metadata: { creationTimestamp: AT } };
    const second = { ...pod({ containerStatuses: [ended(7)] }), metadata: { creationTimestamp: LATER } };
    expect(await see(failed, [second, first])).toMatchObject({ outcome: { failure: { exitCode: 7 } } });
  });

  test("a pod that no node took, after one that ran, is no reason to launch again", async () => {
    const first = { ...pod({ containerStatuses: [ended(1)] }), metadata: { creationTimestamp: AT } };
    const second = { ...pod({ reason: "OutOfcpu" }), metadata: { creationTimestamp: LATER } };
    expect(JSON.stringify(await see(failed, [second]))).toContain("neverStarted");
    expect(JSON.stringify(await see(failed, [first, second]))).not.toContain("neverStarted");
  });

  test("the last lines of its log are told where there are some; of one that never ran, none is asked for", async () => {
    expect(await see(failed, [pod({ containerStatuses: [ended(1)] })], ["a", "b"])).toMatchObject({
      outcome: { failure: { lastLines: ["a", "b"] } },
    });
    expect(JSON.stringify(await see(failed, [pod({ containerStatuses: [ended(1)] })]))).not.toContain("lastLines");
    expect(JSON.stringify(await see(failed, [pod({ reason: "Evicted" })], ["a"]))).not.toContain("lastLines");
  });

  test("what Kubernetes says is bounded", async () => {
    const seen = await see(failed, [pod({ reason: "Evicted", message: "x".repeat(5000), containerStatuses: [ended(1)] })]);
    expect(JSON.stringify(seen).length).toBeLessThan(1200);
  });
});
