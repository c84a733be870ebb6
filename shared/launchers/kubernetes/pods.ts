/** Why a pod failed, or does not start. What Kubernetes says is bounded; of what the run wrote, nothing is in it. */
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { RunFailure } from "../../core/record.ts";
import { clipped } from "../../core/text.ts";

const LONGEST_REASON = 500;

/** Reasons for which a container waits: of its image, and of how it is set up. */
const IMAGE: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
const SETUP: ReadonlySet<string> = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "PreCreateHookError",
  "PreStartHookError",
  "PostStartHookError",
  "CrashLoopBackOff",
]);
/** Reasons for which a container never came to run its command. */
const NOT_STARTED: ReadonlySet<string> = new Set([
  "StartError",
  "ContainerCannotRun",
  "CreateContainerError",
  "CreateContainerConfigError",
]);
/** The kubelet did not take the pod: another node may. */
const NOT_ADMITTED =
  /^(OutOf\w+|Out of|NodeAffinity|NodeSelectorMismatching|UnexpectedAdmissionError|TopologyAffinityError|PodLevelResources|InvalidNodeInfo|NodePorts|Preempting|PodOSNotSupported|AppArmor)/i;
/** What came over the pod from outside. */
const INTERRUPTED =
  /^(Evicted|NodeLost|NodeShutdown|Shutdown|Terminated|Preempted|DeletionBy\w+|EvictionBy\w+|PreemptionBy\w+|TerminationByKubelet)$/;

/** What keeps a pod from starting; undefined where nothing does. */
export function heldBy({ spec, status }: V1Pod): RunFailure | undefined {
  for (const { name, state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (IMAGE.has(reason)) {
      return {
        class: "image_pull",
        reason: bounded(`container ${name}: ${reason}`, message),
        hint: "Check the image's name and tag, the pull secrets, and the way to the registry.",
      };
    }
    if (SETUP.has(reason)) {
      const hint =
        reason === "CreateContainerConfigError" ? "Check the Secrets, ConfigMaps and volumes that the container names." : undefined;
      return { class: "start_failure", reason: bounded(`container ${name}: ${reason}`, message), ...(hint === undefined ? {} : { hint }) };
    }
  }
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (spec?.nodeName === undefined && scheduled?.status === "False") {
    return {
      class: "start_failure",
      reason: bounded(`no node takes the pod (${scheduled.reason ?? "Unschedulable"})`, scheduled.message ?? ""),
      hint: "The cluster has too little room, or no node fits the pod's selectors and tolerations.",
    };
  }
  return undefined;
}

/** What will end a pod soon, where the cluster says so: its node is drained, or its room is somebody else's. */
export function endingOf({ status }: V1Pod): string | undefined {
  const disrupted = disruptionOf(status);
  return disrupted && bounded(`the pod is about to be ended (${disrupted.reason ?? "DisruptionTarget"})`, disrupted.message ?? "");
}

function disruptionOf(status: V1Pod["status"]) {
  return status?.conditions?.find(({ type, status: is }) => type === "DisruptionTarget" && is === "True");
}

/** Why a pod failed. `neverStarted`: its run did not begin, for a reason that may pass. */
export function failureOfPod(pod: V1Pod): { readonly failure: RunFailure; readonly neverStarted: boolean } {
  const { status, spec } = pod;
  const own = status?.containerStatuses?.find(({ name }) => name === spec?.containers[0]?.name);
  const terminated = own?.state?.terminated ?? undefined;
  const began = terminated?.startedAt !== undefined && !NOT_STARTED.has(terminated.reason ?? "");
  const exit = terminated === undefined || !began ? {} : { exitCode: terminated.exitCode };
  const mayStartLater = !mayHaveRun(own);
  const disrupted = disruptionOf(status);
  const [reason, message] = [status?.reason ?? "", status?.message ?? ""];

  if (terminated?.reason === "OOMKilled") {
    const hint = "Give the run more memory (run_config.memory_limit).";
    return failed({ class: "out_of_memory", ...exit, reason: "its container used more memory than its limit (OOMKilled)", hint });
  }
  if (reason === "DeadlineExceeded") {
    return failed({ class: "timeout", ...exit, reason: "the pod ran longer than its time limit (activeDeadlineSeconds)" });
  }
  if (NOT_ADMITTED.test(reason)) {
    return failed({ class: "start_failure", reason: bounded(`the node did not take the pod (${reason})`, message) }, mayStartLater);
  }
  if (disrupted !== undefined || INTERRUPTED.test(reason)) {
    const why = disrupted?.reason ?? reason;
    return failed(
      { class: "interrupted", ...exit, reason: bounded(`the pod was ended (${why})`, disrupted?.message || message) },
      mayStartLater,
    );
  }
  const init = status?.initContainerStatuses?.find(hasFailed);
  if (init !== undefined && !began) {
    const ended = init.state?.terminated ?? init.lastState?.terminated;
    if (ended?.reason === "OOMKilled") {
      return failed({ class: "out_of_memory", reason: `the init container ${init.name} used more memory than its limit (OOMKilled)` });
    }
    const text = `the init container ${init.name} exited with code ${ended?.exitCode}`;
    return failed({ class: "start_failure", reason: bounded(text, plain(ended?.reason)) });
  }
  if (!began) {
    const held = heldBy(pod);
    if (held !== undefined) return failed(held);
    const said = bounded("its container never started", terminated?.message ?? message);
    return failed({ class: "start_failure", reason: said, hint: "Check the command: the file may be missing, or not executable." });
  }
  const others = (status?.containerStatuses ?? []).filter((each) => each !== own && hasFailed(each)).map(told);
  const text = [`exited with code ${terminated?.exitCode}`, ...others].join("; ");
  return failed({
    class: "app_error",
    ...exit,
    reason: bounded(text, plain(terminated?.reason)),
    hint: "What it wrote is in the pod's log.",
  });
}

/**
 * Whether a container may have run: it was made, was seen to run, or could not be found any more. A kubelet that lost one, and a
 * collector that takes pods from nodes that are gone, say neither when it began nor that it did.
 */
function mayHaveRun(own: V1ContainerStatus | undefined): boolean {
  if (own === undefined) return false;
  const { containerID = "", lastState, state } = own;
  if (state?.running !== undefined || lastState?.terminated !== undefined) return true;
  const { terminated } = state ?? {};
  return terminated === undefined ? containerID !== "" : !NOT_STARTED.has(terminated.reason ?? "");
}

function failed(failure: RunFailure, neverStarted = false): { readonly failure: RunFailure; readonly neverStarted: boolean } {
  return { failure, neverStarted };
}

function hasFailed({ state, lastState }: V1ContainerStatus): boolean {
  return ((state?.terminated ?? lastState?.terminated)?.exitCode ?? 0) !== 0;
}

function told({ name, state }: V1ContainerStatus): string {
  return `container ${name} exited with code ${state?.terminated?.exitCode}`;
}

/** "Error" says nothing more than the exit code. */
function plain(reason: string | undefined): string {
  return reason === undefined || reason === "Error" ? "" : reason;
}

function bounded(text: string, detail: string): string {
  return clipped(detail === "" ? text : `${text}: ${detail.replaceAll(/\s+/g, " ")}`, LONGEST_REASON);
}
