import { generateKeyPairSync } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runKey } from "../../shared/core/identity.ts";
import type { Backend, Launcher } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import { connectVertex } from "../../shared/launchers/vertex/backend.ts";
import { jobService } from "../../shared/launchers/vertex/client.ts";
import { vertex } from "../../shared/launchers/vertex/index.ts";
import type { Job } from "../doubles/vertex/job.ts";
import { type LineFault, lineTo } from "../doubles/vertex/line.ts";
import { objectIn } from "../doubles/vertex/protos.ts";
import { vertexService } from "../doubles/vertex/service.ts";
import { vertexTarget } from "../launchers/vertex/support.ts";
import { servicesFor } from "./services.ts";
import { type Attempt, CANARY, type Subject, type World } from "./subject.ts";

const HERE = vertexTarget({
  env: { TARGET: CANARY },
  enforcedEnv: { ENFORCED: CANARY },
  settings: { credentials: { kind: "secret", reference: "env:KEY" } },
});

/** A key that signs its own tokens: no token service is asked. */
const KEY = JSON.stringify({
  type: "service_account",
  client_email: `${CANARY}@p.iam.gserviceaccount.com`,
  private_key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
  private_key_id: CANARY,
});

function plannedRun(id: string, attempt: number, over: Partial<PlannedRun["request"]> = {}): PlannedRun {
  const runConfig = { type: "VertexRun", machineType: "e2-standard-4", env: { SECRET: CANARY, NUMBER: 1 }, labels: [] } as const;
  return { deployment: "test", key: runKey(id), attempt, request: { id, runConfig, command: ["true"], ...over } };
}

/** The Vertex launcher under test: the official client, over REST, before a double of the service. */
export const vertexSubject: Subject = {
  definition: vertex as unknown as Launcher,
  module: { path: fileURLToPath(new URL("../../shared/launchers/vertex/index.ts", import.meta.url)), name: "vertex" },
  samples: [
    { run: plannedRun("plain", 1), target: HERE },
    {
      run: plannedRun("full", 2, {
        name: "jolly-otter",
        flow: { id: "f", name: "Nightly", version: 3, storage: { type: "S3", key: "k", bucket: "b" } },
        parameters: { day: "2026-11-21", nested: { b: 1, a: [1, { d: 2, c: 3 }] } },
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        runConfig: {
          type: "VertexRun",
          image: "img:2",
          workerPoolSpecs: [
            { replica_count: 1, machine_spec: { machine_type: "m", accelerator_count: 1 } },
            null,
            { diskSpec: { bootDiskSizeGb: 1 } },
          ],
          scheduling: { timeout: 3600, strategy: "SPOT" },
          env: { B: "2", A: "1", C: true },
          labels: ["b", "a"],
        },
      }),
      target: {
        ...HERE,
        entrypoint: ["env"],
        tags: { z: "1", a: "${run.name}" },
        settings: { ...HERE.settings, network: "n", serviceAccount: "s@p" },
      },
    },
  ],
  capabilities: {
    once: { lacks: "CreateCustomJob has no key that makes a repeat harmless: the rules above look twice before they repeat" },
    find: "offered",
    names: { lacks: "the service names its jobs, and display names need not be unique" },
    exitCodes: "offered",
    owned: "offered",
    remove: { lacks: "a job stays in its project as its history, and each removal would cost a submission" },
    capacity: "offered",
    throttled: "offered",
    denied: "offered",
    invalid: "offered",
  },
  submitSites: ["CreateCustomJob"],
  // Of a single attempt the service is asked by name; `find` is a list.
  lookSites: ["GetCustomJob or ListCustomJobs"],
  listSites: ["ListCustomJobs"],
  outages: ["5xx", "hang", "reset", "not JSON"],
  crowd: 25,
  patienceMilliseconds: 5000,
  open: openWorld,
};

async function openWorld(): Promise<World> {
  /** Waiting costs no time here: the clock goes ahead instead. */
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const service = vertexService({ now, page: 10 });
  const line = lineTo(service);
  const { services, observed } = servicesFor({
    now,
    secret: async () => KEY,
    sleep: async (milliseconds) => {
      ahead += milliseconds;
      await setImmediate();
    },
  });
  const labelsOf = (job: Job) => objectIn(job.document, "labels");
  const jobsOf = ({ key, attempt }: Attempt) =>
    service.jobs.filter((job) => labelsOf(job)["slipway_key"] === key && labelsOf(job)["slipway_attempt"] === String(attempt));
  const jobOf = (attempt: Attempt): Job => {
    const [job] = jobsOf(attempt);
    if (job === undefined) throw new Error(`there is no job of ${attempt.id}`);
    return job;
  };
  const refusing = (reason: Parameters<typeof service.refuse>[0]) => async () => {
    service.refuse(reason);
    return async () => {
      service.refuse(undefined);
      // What was throttled is tried again later.
      ahead += 120_000;
    };
  };
  const connect = async () =>
    (await connectVertex(HERE, services, (settings, own) => jobService(settings, own, line.fetch))) as unknown as Backend;

  return {
    target: HERE,
    observed,
    run: (id, attempt = 1) => plannedRun(id, attempt),
    connect,
    starts: async (attempt) => jobsOf(attempt).length,
    fault: (site, fault: LineFault) => {
      line.fault(site, fault);
    },
    hold: (site) => line.hold(site),
    refuse: { capacity: refusing("quota"), throttled: refusing("rate"), denied: refusing("denied"), invalid: refusing("invalid") },
    nowhere: ({ key }) =>
      `projects/123456789012/locations/europe-west4/customJobs/${[...key].map((letter) => letter.charCodeAt(0)).join("")}`,
    async strangers() {
      const make = (labels: Record<string, string>) => {
        const pools = [{ containerSpec: { imageUri: "i" }, machineSpec: { machineType: "m" } }];
        service.create("projects/p/locations/europe-west4", { displayName: "theirs", jobSpec: { workerPoolSpecs: pools }, labels });
        return service.jobs.at(-1) as Job;
      };
      const theirs = { slipway_deployment: "test-2", slipway_key: runKey("theirs"), slipway_attempt: "1" };
      const jobs = [make({}), make({}), make(theirs), make({ ...theirs, slipway_attempt: "2" })];
      for (const job of [jobs[1], jobs[3]]) if (job !== undefined) service.finish(job, 0);
      const before = JSON.stringify(jobs);
      return { handles: jobs.map(({ name }) => name), deployment: "test-2", intact: async () => JSON.stringify(jobs) === before };
    },
    async outage(kind) {
      line.outage(kind);
      return async () => line.outage(undefined);
    },
    async end(attempt, exitCode) {
      service.finish(jobOf(attempt), exitCode);
    },
    async vanish(attempt) {
      service.forget(jobOf(attempt));
    },
    close: async () => {},
  };
}
