/** The calls of one Kubernetes target. The client and the way to the cluster are made on first use of the target. */
import { runKey } from "../../core/identity.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Backend, FindOutcome, Handle, Launch, Owned, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import { accessTo } from "./access-to.ts";
import { kubernetesApi } from "./api.ts";
import { kubernetesFailure } from "./failures.ts";
import { handleOf, inspectJobs, isOf, namedBy } from "./inspect.ts";
import { namespaceOf } from "./namespace.ts";
import { jobName, labelValue, OURS } from "./naming.ts";
import { endOf } from "./observation.ts";
import { SHORTEST_TTL } from "./once.ts";
import type { KubernetesPlan } from "./plan.ts";
import { failureOf, problemOfNetwork } from "./problem.ts";
import type { KubernetesSettings } from "./target.ts";
import { type Carry, overNetwork } from "./transport.ts";

/** Connects to a target; `carry` is for whoever carries the requests otherwise than over the network. */
export async function connectKubernetes(
  target: Target<KubernetesSettings>,
  services: Services,
  carry: Carry = overNetwork,
): Promise<Backend<KubernetesPlan>> {
  const { cluster } = target.settings;
  const api = kubernetesApi(await accessTo(cluster, target.name, services), carry);

  function named(namespace: string, name: string): Handle {
    const id = handleOf(namespace, name);
    if (cluster.kind !== "gke") return { id };
    const { project, location, name: ofCluster } = cluster;
    const console = `https://console.cloud.google.com/kubernetes/job/${location}/${ofCluster}/${namespace}/${name}/details?project=${project}`;
    return { id, links: { console } };
  }

  /** The name is taken: by an earlier call of the same attempt, if the Job says so. */
  async function adopted(namespace: string, launch: Launch): Promise<SubmitOutcome> {
    const name = jobName(launch);
    try {
      const job = await api.read(namespace, name, launch.signal);
      // Deleted between the two calls, or not shown yet.
      if (job === undefined)
        return { status: "unknown", failure: kubernetesFailure({ code: "GONE_MEANWHILE", message: "the Job was there and is not found" }) };
      const { annotations } = job.metadata ?? {};
      const proven =
        isOf(job, launch) && annotations?.[OURS.deployment] === launch.deployment && annotations[OURS.planDigest] === launch.planDigest;
      if (proven) return { status: "accepted", handle: named(namespace, name) };
      const message = `the name ${name} belongs to a Job in namespace ${namespace} that is not this attempt's`;
      return { status: "refused", boundToKey: true, failure: kubernetesFailure({ code: "NAME_TAKEN", message }) };
    } catch (thrown) {
      return { status: "unknown", failure: failureOf(problemOfNetwork(thrown)) };
    }
  }

  return {
    async submit({ calls: [{ input }] }, launch) {
      if (launch.signal.aborted) {
        return { status: "refused", failure: kubernetesFailure({ code: "NO_TIME", message: "no time was left for the call" }) };
      }
      try {
        await api.create(input.namespace, withDigest(input.body, launch.planDigest), launch.signal);
        return { status: "accepted", handle: named(input.namespace, jobName(launch)) };
      } catch (thrown) {
        const problem = problemOfNetwork(thrown);
        if (problem.status === 409 && problem.code === "AlreadyExists") return adopted(input.namespace, launch);
        const answered = problem.status !== undefined && problem.status < 500 && problem.status !== 408;
        return { status: answered || !problem.sent ? "refused" : "unknown", failure: failureOf(problem) };
      }
    },

    async find(launch): Promise<FindOutcome> {
      const namespace = namespaceOf(target);
      const name = jobName(launch);
      try {
        const job = await api.read(namespace, name, launch.signal);
        return job !== undefined && isOf(job, launch) ? { status: "found", handle: named(namespace, name) } : { status: "absent" };
      } catch (thrown) {
        return { status: "unknown", failure: failureOf(problemOfNetwork(thrown)) };
      }
    },

    inspect: (launched, signal) => inspectJobs(api, launched, services.now(), signal),

    async stop(launched, _reason, signal) {
      const { namespace, name } = namedBy(launched.handle);
      const job = await api.read(namespace, name, signal);
      if (job === undefined || !isOf(job, launched)) return;
      // What ended stays to be looked at; what is being deleted is on its way.
      if (endOf(job, services.now()) !== undefined || job.metadata?.deletionTimestamp !== undefined) return;
      await api.remove(job, "Foreground", signal);
    },

    async *owned(deployment, signal): AsyncIterable<Owned> {
      const namespace = namespaceOf(target);
      const now = services.now();
      for (const job of await api.jobs(namespace, `${OURS.deployment}=${labelValue(deployment)}`, signal)) {
        const { annotations = {}, name = "" } = job.metadata ?? {};
        const [id, attempt] = [annotations[OURS.runId], Number(annotations[OURS.attempt])];
        if (annotations[OURS.deployment] !== deployment || id === undefined || !Number.isInteger(attempt)) continue;
        const end = endOf(job, now);
        const state = end === undefined ? { status: "active" as const } : { status: "ended" as const, endedAt: end.at };
        yield { key: runKey(id), attempt, handle: handleOf(namespace, name), ...state };
      }
    },

    async remove({ key, attempt, handle }, _outcome, signal) {
      const { namespace, name } = namedBy(handle);
      const job = await api.read(namespace, name, signal);
      const id = job?.metadata?.annotations?.[OURS.runId];
      if (job === undefined || id === undefined || runKey(id) !== key || !isOf(job, { id, attempt })) return;
      const end = endOf(job, services.now());
      if (end === undefined || job.metadata?.deletionTimestamp !== undefined) return;
      // A template may want its Jobs kept for longer; the cluster itself deletes them then.
      const ttl = job.spec?.ttlSecondsAfterFinished ?? SHORTEST_TTL;
      if (ttl > SHORTEST_TTL && services.now() < end.at + ttl * 1000) return;
      await api.remove(job, "Background", signal);
    },
  };
}

/** The digest is of the plan, so the plan can't hold it. */
function withDigest(body: JsonObject, planDigest: string): JsonObject {
  const metadata = body["metadata"] as JsonObject;
  const annotations: Json = { ...(metadata["annotations"] as JsonObject), [OURS.planDigest]: planDigest };
  return { ...body, metadata: { ...metadata, annotations } };
}
