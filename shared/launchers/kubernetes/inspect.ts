/** Looking at many attempts: a list of Jobs and one of their pods for each hundred of a namespace. */
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import type { Launched, Observation } from "../../core/launcher.ts";
import { clipped } from "../../core/text.ts";
import type { KubernetesApi } from "./api.ts";
import { OURS } from "./naming.ts";
import { endOf, observationOf } from "./observation.ts";
import { failureOf, problemOfNetwork } from "./problem.ts";

/** So many keys fit into a URL. */
const MOST_KEYS = 100;
/** Reads at once of Jobs that a list did not show. */
const AT_ONCE = 8;
const LAST_LINES = 20;
const LOG_BYTES = 16 * 1024;
const LONGEST_LINE = 500;

/** A handle's namespace and name. */
export function namedBy(handle: string): { readonly namespace: string; readonly name: string } {
  const [namespace = "", name = ""] = handle.split("/");
  return { namespace, name };
}

/** What names a Job from then on. */
export function handleOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Whether a Job is the one of an attempt: names can be taken by anybody. */
export function isOf(job: V1Job, { id, attempt }: Pick<Launched, "id" | "attempt">): boolean {
  const { annotations } = job.metadata ?? {};
  return annotations?.[OURS.runId] === id && annotations[OURS.attempt] === String(attempt);
}

/** What was seen of each, in order. A call that fails says nothing of those that it was for. */
export async function inspectJobs(
  api: KubernetesApi,
  launched: readonly Launched[],
  now: number,
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  const observations = new Map<Launched, Observation>();
  for (const [namespace, inNamespace] of Map.groupBy(launched, ({ handle }) => namedBy(handle).namespace)) {
    for (let from = 0; from < inNamespace.length; from += MOST_KEYS) {
      const batch = inNamespace.slice(from, from + MOST_KEYS);
      try {
        const seen = await inspectBatch(api, namespace, batch, now, signal);
        for (const [index, one] of batch.entries()) observations.set(one, seen[index] ?? { status: "absent" });
      } catch (thrown) {
        const failure = failureOf(problemOfNetwork(thrown));
        for (const one of batch) observations.set(one, { status: "unknown", failure });
      }
    }
  }
  return launched.map((one) => observations.get(one) ?? { status: "absent" });
}

async function inspectBatch(
  api: KubernetesApi,
  namespace: string,
  batch: readonly Launched[],
  now: number,
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  const selector = (of: readonly Launched[]) => `${OURS.key} in (${[...new Set(of.map(({ key }) => key))].join(",")})`;
  const listed = new Map((await api.jobs(namespace, selector(batch), signal)).map((job) => [job.metadata?.name, job]));
  const jobs = await mapped(batch, AT_ONCE, async (one) => {
    const { name } = namedBy(one.handle);
    // A list may be behind: what it does not show is asked for by its name.
    const job = listed.get(name) ?? (await api.read(namespace, name, signal));
    return job !== undefined && isOf(job, one) ? job : undefined;
  });
  // What completed needs no further look.
  const open = batch.filter((_one, index) => jobs[index] !== undefined && endOf(jobs[index], now)?.complete !== true);
  const pods = open.length === 0 ? [] : await api.pods(namespace, selector(open), signal);
  return mapped(batch, AT_ONCE, async (one, index) => {
    const job = jobs[index];
    if (job === undefined) return { status: "absent" };
    const own = pods.filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === job.metadata?.uid));
    return observationOf(job, own, one.handle, now, {
      log: (pod, container) => lastLines(api, pod, container, signal),
      // Events are a help, and another right: without them it is only not known why.
      noPod: (of) => api.noPod(of, signal).catch(() => undefined),
    });
  });
}

/** The last lines that a container wrote, while the node has them: a log that is gone keeps no end from being told. */
async function lastLines(api: KubernetesApi, pod: V1Pod, container: string, signal?: AbortSignal): Promise<readonly string[] | undefined> {
  const text = await api.log(pod, container, LAST_LINES, LOG_BYTES, signal).catch(() => undefined);
  const lines = text?.split("\n").filter((line) => line !== "");
  return lines?.slice(-LAST_LINES).map((line) => clipped(line, LONGEST_LINE));
}

/** The results in order, so many at once. */
async function mapped<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  make: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) results[index] = await make(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
