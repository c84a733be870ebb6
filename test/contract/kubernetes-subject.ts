import { fileURLToPath } from "node:url";
import { runKey } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { Backend, Launch, Launcher } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import type { Target } from "../../shared/core/target.ts";
import { connectKubernetes } from "../../shared/launchers/kubernetes/backend.ts";
import { kubernetes } from "../../shared/launchers/kubernetes/index.ts";
import { jobName } from "../../shared/launchers/kubernetes/naming.ts";
import type { KubernetesSettings } from "../../shared/launchers/kubernetes/target.ts";
import { type Carry, overNetwork } from "../../shared/launchers/kubernetes/transport.ts";
import type { RefusalName } from "../doubles/kubernetes/options.ts";
import { startKubernetes } from "../doubles/kubernetes/server.ts";
import { callOf, type DoubleRequest } from "../doubles/kubernetes/wire.ts";
import { kubernetesTarget } from "../launchers/kubernetes/support.ts";
import { servicesFor } from "./services.ts";
import { type Attempt, CANARY, type Fault, type Subject, type World } from "./subject.ts";

const TOKEN = `token-${CANARY}`;

function targetAt(server: string, certificateAuthority?: string): Target<KubernetesSettings> {
  const cluster = {
    kind: "server",
    server,
    token: "env:TOKEN",
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
  } as const;
  return kubernetesTarget({ env: { TARGET: CANARY }, enforcedEnv: { ENFORCED: CANARY }, settings: { cluster } });
}

function plannedRun(id: string, attempt: number, over: Partial<PlannedRun["request"]> = {}): PlannedRun {
  const runConfig = { type: "KubernetesRun", env: { SECRET: CANARY, NUMBER: 1 }, labels: [] } as const;
  return { deployment: "test", key: runKey(id), attempt, request: { id, runConfig, command: ["true"], ...over } };
}

const HERE = targetAt("https://127.0.0.1:6443");

/** The Kubernetes launcher under test: the real client before a double of the API server, over HTTPS. */
export const kubernetesSubject: Subject = {
  definition: kubernetes as unknown as Launcher,
  module: { path: fileURLToPath(new URL("../../shared/launchers/kubernetes/index.ts", import.meta.url)), name: "kubernetes" },
  samples: [
    { run: plannedRun("plain", 1), target: HERE },
    {
      run: plannedRun("full", 2, {
        name: "jolly-otter",
        flow: { id: "f", name: "Nightly ETL of everything", version: 3, storage: { type: "S3", key: "k", bucket: "b" } },
        parameters: { day: "2026-11-21", nested: { b: 1, a: [1, { d: 2, c: 3 }] } },
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        runConfig: {
          type: "KubernetesRun",
          image: "img:2",
          cpuLimit: "2",
          env: { B: "2", A: "1", C: true },
          labels: ["b", "a"],
          jobTemplate: {
            metadata: { name: "etl", labels: { z: "1", a: "2" } },
            spec: {
              template: { spec: { containers: [{ name: "main", env: [{ name: "T", value: 1 }] }], nodeSelector: { b: "1", a: "2" } } },
            },
          },
        },
      }),
      target: {
        ...HERE,
        tags: { team: "${flow.name}", zone: "a" },
        secrets: { PASSWORD: "database/password", KEY: "api/key" },
        entrypoint: ["env"],
        settings: { ...HERE.settings, namespace: "jobs", serviceAccountName: "runner" },
      },
    },
  ],
  capabilities: {
    once: "offered",
    find: "offered",
    names: "offered",
    exitCodes: "offered",
    owned: "offered",
    remove: "offered",
    capacity: "offered",
    throttled: "offered",
    denied: "offered",
    invalid: "offered",
  },
  submitSites: ["create"],
  // Whatever is read of Jobs and pods: lists for `inspect`, one by its name for `find`.
  lookSites: ["look"],
  listSites: ["look"],
  outages: ["5xx", "hang", "reset", "a proxy's 404"],
  crowd: 30,
  patienceMilliseconds: 5000,
  open: openWorld,
};

interface Held {
  readonly site: string;
  readonly reached: () => void;
  readonly until: Promise<void>;
  readonly applied: () => void;
}

function siteOf(request: Pick<DoubleRequest, "method" | "path">): string {
  const call = callOf(request);
  return call?.verb === "list" || call?.verb === "get" ? "look" : (call?.verb ?? "");
}

async function openWorld(): Promise<World> {
  const faults = new Map<string, Fault>();
  const holding: Held[] = [];
  let outage: string | undefined;
  const cluster = await startKubernetes(
    { tokens: [TOKEN], life: { stopMs: 0, log: "what it wrote" }, mostPerPage: 20 },
    async (request, handle) => {
      if (outage === "5xx") return { status: 503, headers: { "content-type": "text/html" }, body: "<html>Service Unavailable</html>" };
      if (outage === "a proxy's 404") return { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found" };
      if (outage === "reset") throw new Error("reset");
      if (outage === "hang") return new Promise<never>(() => {});
      const site = siteOf(request);
      const fault = faults.get(site);
      faults.delete(site);
      if (fault === "lost before") throw new Error("lost");
      const index = holding.findIndex((one) => one.site === site);
      const [held] = index < 0 ? [] : holding.splice(index, 1);
      held?.reached();
      await held?.until;
      const answer = await handle(request);
      held?.applied();
      if (fault === "lost after") throw new Error("lost");
      return answer;
    },
  );
  const target = targetAt(cluster.server, cluster.certificateAuthority);
  const { services, observed } = servicesFor({ isFunction: true, secret: async () => TOKEN });
  const carry: Carry = async (request, agent) => {
    const { pathname, search } = new URL(request.url);
    const site = siteOf({ method: request.method, path: pathname + search });
    if (faults.get(site) !== "never sent") return overNetwork(request, agent);
    faults.delete(site);
    throw Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), { code: "ECONNREFUSED" });
  };
  const nameOf = ({ key, attempt }: Attempt) => jobName({ deployment: "test", key, attempt });
  const refusing = (name: RefusalName) => async () => {
    cluster.refuse("create jobs", name, true);
    return async () => cluster.allow();
  };
  /** Whether Jobs are there, not ended by anybody and not told to go. */
  const untouched = (names: readonly string[], ended: readonly string[]) =>
    names.every((name) => {
      const job = cluster.jobs().findLast((one) => one.name === name);
      return job !== undefined && !job.gone && job.deleted === undefined && job.standing.hasEnded === ended.includes(name);
    });
  return {
    target,
    observed,
    run: (id, attempt = 1) => plannedRun(id, attempt),
    connect: async () => (await connectKubernetes(target, services, carry)) as Backend,
    starts: async ({ id, attempt }) =>
      cluster.jobs().filter(({ annotations }) => annotations["slipway/run-id"] === id && annotations["slipway/attempt"] === String(attempt))
        .length,
    fault: (site, fault) => void faults.set(site, fault),
    hold(site) {
      const [reached, until, applied] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      holding.push({ site, reached: reached.resolve, until: until.promise, applied: applied.resolve });
      return {
        reached: reached.promise,
        release() {
          until.resolve();
          return applied.promise;
        },
      };
    },
    refuse: {
      capacity: refusing("quota"),
      throttled: refusing("tooMany"),
      denied: refusing("webhook"),
      invalid: refusing("invalid"),
    },
    async occupy(launch: Launch) {
      const name = jobName(launch);
      cluster.make(bodyOf(name, {}));
      return { intact: async () => untouched([name], []) };
    },
    async strangers() {
      const theirs = (name: string, deployment: string, id: string, attempt: string) => ({
        name,
        marks: { "slipway/deployment": deployment, "slipway/run-id": id, "slipway/attempt": attempt },
        key: runKey(id),
      });
      const others = [
        { name: "nightly-1", marks: {}, key: "" },
        { name: "nightly-2", marks: {}, key: "" },
        theirs(jobName({ deployment: "test-2", key: runKey("a stranger"), attempt: 1 }), "test-2", "a stranger", "1"),
        theirs(jobName({ deployment: "test-2", key: runKey("a stranger"), attempt: 2 }), "test-2", "a stranger", "2"),
        // One that took a name of ours, and one that copied our labels, too.
        { name: jobName({ deployment: "test", key: runKey("a stranger"), attempt: 1 }), marks: {}, key: runKey("a stranger") },
        { name: "a-copy", marks: { "slipway/deployment": "test" }, key: runKey("ours") },
      ];
      for (const { name, marks, key } of others) cluster.make(bodyOf(name, marks, key));
      const ended = others.flatMap(({ name }, index) => (index % 2 === 1 ? [name] : []));
      for (const name of ended) cluster.finish(name, 0);
      const names = others.map(({ name }) => name);
      return { handles: names.map((name) => `default/${name}`), deployment: "test-2", intact: async () => untouched(names, ended) };
    },
    async outage(kind) {
      outage = kind;
      return async () => {
        outage = undefined;
      };
    },
    end: async (attempt, exitCode) => cluster.finish(nameOf(attempt), exitCode),
    vanish: async (attempt) => cluster.vanish(nameOf(attempt)),
    close: cluster.close,
  };
}

/** Somebody else's Job. */
function bodyOf(name: string, annotations: Readonly<Record<string, string>>, key = ""): JsonObject {
  const deployment = annotations["slipway/deployment"];
  const labels = {
    ...(key === "" ? {} : { "slipway/key": key }),
    ...(deployment === undefined ? {} : { "slipway/deployment": deployment }),
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, annotations, labels },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "theirs", image: "theirs:1" }] } } },
  };
}
