/** The calls of the API server that a launch needs. Each throws `KubernetesProblem`. */
import {
  BatchV1Api,
  type Configuration,
  CoreV1Api,
  type CoreV1Event,
  createConfiguration,
  type RequestContext,
  ResponseContext,
  ServerConfiguration,
  type V1Job,
  type V1Pod,
  wrapHttpLibrary,
} from "@kubernetes/client-node";
import type { JsonObject } from "../../core/json.ts";
import type { Access } from "./access.ts";
import { isNoSuchJob, KubernetesProblem, problemOfAccess, problemOfAnswer, problemOfNetwork } from "./problem.ts";
import type { Carry } from "./transport.ts";

/** Stands for the server while the client makes a request. */
const ANY_SERVER = "https://cluster";
const PAGE = 500;
const MOST_EVENTS = 20;
/** A list that expires while it is read is begun again so often. */
const BEGINNINGS = 3;

/** What is asked of the API server. */
export interface KubernetesApi {
  create(namespace: string, body: JsonObject, signal?: AbortSignal): Promise<void>;
  /** Undefined where there is no such Job. */
  read(namespace: string, name: string, signal?: AbortSignal): Promise<V1Job | undefined>;
  jobs(namespace: string, labelSelector: string, signal?: AbortSignal): Promise<readonly V1Job[]>;
  pods(namespace: string, labelSelector: string, signal?: AbortSignal): Promise<readonly V1Pod[]>;
  /** Deletes the Job of this uid; nothing where it is gone, or where another has its name. */
  remove(job: V1Job, propagationPolicy: "Foreground" | "Background", signal?: AbortSignal): Promise<void>;
  /** What the cluster said, last, of a pod that it could not make for a Job. */
  noPod(job: V1Job, signal?: AbortSignal): Promise<string | undefined>;
  log(pod: V1Pod, container: string, lines: number, bytes: number, signal?: AbortSignal): Promise<string>;
}

/** The calls, over a cluster's access. */
export function kubernetesApi(access: Access, carry: Carry): KubernetesApi {
  async function sent(context: RequestContext, signal: AbortSignal | undefined): Promise<ResponseContext> {
    for (let again = false; ; again = true) {
      const connection = await access.connection().catch((error: unknown) => {
        throw problemOfAccess(error);
      });
      const body = context.getBody();
      const request = {
        method: context.getHttpMethod(),
        url: connection.server + context.getUrl().slice(ANY_SERVER.length),
        headers: { ...headersOf(context), ...connection.headers },
        ...(typeof body === "string" ? { body } : {}),
        ...(signal === undefined ? {} : { signal }),
      };
      const answer = await carry(request, connection.agent).catch((error: unknown) => {
        throw problemOfNetwork(error);
      });
      // Tokens end: a call that is not let in has had no effect.
      if (answer.status === 401 && !again) {
        access.refused();
        continue;
      }
      if (answer.status < 200 || answer.status > 299) throw problemOfAnswer(answer.status, answer.headers, answer.body);
      return new ResponseContext(answer.status, { ...answer.headers }, bodyOf(answer.body));
    }
  }

  function configuration(signal: AbortSignal | undefined): Configuration {
    return createConfiguration({
      baseServer: new ServerConfiguration(ANY_SERVER, {}),
      httpApi: wrapHttpLibrary({ send: (context) => sent(context, signal) }),
    });
  }
  const batch = (signal: AbortSignal | undefined) => new BatchV1Api(configuration(signal));
  const core = (signal: AbortSignal | undefined) => new CoreV1Api(configuration(signal));

  return {
    async create(namespace, body, signal) {
      // `plan` saw to it that the client knows every field: it would leave others out without a word.
      const job = await asked(batch(signal).createNamespacedJob({ namespace, body: body as unknown as V1Job, fieldValidation: "Strict" }));
      understood(job.metadata?.uid !== undefined);
    },
    async read(namespace, name, signal) {
      const job = await unlessGone(asked(batch(signal).readNamespacedJob({ namespace, name })));
      understood(job === undefined || (job.metadata?.name === name && job.metadata.uid !== undefined));
      return job;
    },
    jobs: (namespace, labelSelector, signal) =>
      listed((more) => asked(batch(signal).listNamespacedJob({ namespace, labelSelector, limit: PAGE, ...more }))),
    pods: (namespace, labelSelector, signal) =>
      listed((more) => asked(core(signal).listNamespacedPod({ namespace, labelSelector, limit: PAGE, ...more }))),
    async remove({ metadata }, propagationPolicy, signal) {
      const { name = "", namespace = "", uid } = metadata ?? {};
      const body = { propagationPolicy, ...(uid === undefined ? {} : { preconditions: { uid } }) };
      try {
        await asked(batch(signal).deleteNamespacedJob({ namespace, name, body }));
      } catch (problem) {
        // Another has the name by now: ours is gone.
        if (!isNoSuchJob(problem) && !(problem instanceof KubernetesProblem && problem.status === 409)) throw problem;
      }
    },
    async noPod({ metadata }, signal) {
      const { namespace = "", uid = "" } = metadata ?? {};
      const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
      const { items } = await asked(core(signal).listNamespacedEvent({ namespace, fieldSelector, limit: MOST_EVENTS }));
      const told = ({ lastTimestamp, metadata: { creationTimestamp } }: CoreV1Event) =>
        (lastTimestamp ?? creationTimestamp)?.getTime() ?? 0;
      return items.toSorted((a, b) => told(a) - told(b)).at(-1)?.message;
    },
    async log({ metadata }, container, tailLines, limitBytes, signal) {
      const { name = "", namespace = "" } = metadata ?? {};
      return asked(core(signal).readNamespacedPodLog({ namespace, name, container, tailLines, limitBytes }));
    },
  };
}

/** A call's result; whatever went wrong as a problem. */
async function asked<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    // An answer that can't be read says nothing of what was done.
    throw problemOfNetwork(error);
  }
}

async function unlessGone<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (problem) {
    if (isNoSuchJob(problem)) return undefined;
    throw problem;
  }
}

/** Whatever answered 200 with something else, a portal or a proxy, is not the API server: it proves nothing. */
function understood(isIt: boolean): void {
  if (!isIt) throw new KubernetesProblem({ code: "NOT_UNDERSTOOD", sent: true });
}

interface Page<Item> {
  readonly kind?: string;
  readonly items: readonly Item[];
  readonly metadata?: { readonly _continue?: string };
}

/** Every page of a list. One that takes too long expires (410), and is begun again. */
async function listed<Item>(page: (more: { readonly _continue?: string }) => Promise<Page<Item>>): Promise<readonly Item[]> {
  for (let beginning = 1; ; beginning++) {
    try {
      const all: Item[] = [];
      for (let more: string | undefined; ; ) {
        const { kind, items, metadata } = await page(more === undefined ? {} : { _continue: more });
        understood(kind?.endsWith("List") === true && Array.isArray(items));
        all.push(...items);
        more = metadata?._continue;
        if (!more) return all;
      }
    } catch (problem) {
      if (!(problem instanceof KubernetesProblem && problem.status === 410 && beginning < BEGINNINGS)) throw problem;
    }
  }
}

function headersOf(context: RequestContext): Record<string, string> {
  return { ...context.getHeaders(), accept: "application/json" };
}

function bodyOf(text: string): ResponseContext["body"] {
  return { text: async () => text, binary: async () => Buffer.from(text), stream: () => null };
}
