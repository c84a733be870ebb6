import { fileURLToPath } from "node:url";
import { runKey } from "../../shared/core/identity.ts";
import type { Backend, Launch, Launcher, Plan } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import type { Target } from "../../shared/core/target.ts";
import { template } from "../../shared/launchers/_template/index.ts";
import type { TemplateSettings } from "../../shared/launchers/_template/target.ts";
import { servicesFor } from "./services.ts";
import { type Attempt, CANARY, type Subject, type World } from "./subject.ts";
import { type CallFate, type Outage, type Site, templateService } from "./template-service.ts";

const TOKEN = `token-${CANARY}`;

function targetAt(endpoint: string): Target<TemplateSettings> {
  return {
    name: "jobs",
    type: "template",
    labels: [],
    env: { TARGET: CANARY },
    enforcedEnv: { ENFORCED: CANARY },
    secrets: {},
    tags: {},
    image: "image:1",
    startTimeoutSeconds: 900,
    fallback: [],
    relaunch: 2,
    settings: { endpoint, token: "env:TOKEN" },
  };
}

function plannedRun(id: string, attempt: number, over: Partial<PlannedRun["request"]> = {}): PlannedRun {
  const runConfig = { type: "UniversalRun", env: { SECRET: CANARY, NUMBER: 1 }, labels: [] } as const;
  return { deployment: "test", key: runKey(id), attempt, request: { id, runConfig, command: ["work"], ...over } };
}

/** Whatever can be in a request, so that its order can be another. */
const samples = (): Subject["samples"] => [
  { run: plannedRun("plain", 1), target: targetAt("http://service") },
  {
    run: plannedRun("full", 2, {
      name: "jolly-otter",
      flow: { id: "f", name: "Nightly", version: 3, storage: { type: "S3", key: "k", bucket: "b" } },
      parameters: { day: "2026-11-21", nested: { b: 1, a: [1, { d: 2, c: 3 }] } },
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      runConfig: { type: "DockerRun", image: "own:2", env: { B: "2", A: "1", Z: null, C: true }, labels: ["b", "a"] },
    }),
    target: { ...targetAt("http://service"), env: { Z: "3", Y: "${run.id}" }, timeoutSeconds: 60 },
  },
];

/** The template launcher, or another for the same service, under test. */
export function templateSubject(definition: Launcher = template as Launcher, module = TEMPLATE_MODULE): Subject {
  return {
    definition,
    module,
    samples: samples(),
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
    lookSites: ["look"],
    listSites: ["list"],
    outages: ["5xx", "hang", "reset"],
    crowd: 25,
    patienceMilliseconds: 500,
    open: () => openWorld(definition),
  };
}

const TEMPLATE_MODULE = { path: fileURLToPath(new URL("../../shared/launchers/_template/index.ts", import.meta.url)), name: "template" };

async function openWorld(definition: Launcher): Promise<World> {
  const service = await templateService(TOKEN);
  const target = targetAt(service.endpoint);
  /** While it is there, nobody listens; the next call of a backend finds that out, and ends it. */
  let gone: Promise<void> | undefined;
  const { services, observed } = servicesFor({ environment: { OWN: CANARY }, isFunction: true, secret: async () => service.token });
  const jobsOf = ({ id, attempt }: Attempt) =>
    service.made.filter(({ env }) => env["SLIPWAY_RUN_ID"] === id && env["SLIPWAY_ATTEMPT"] === String(attempt));
  const running = (attempt: Attempt) => {
    const job = jobsOf(attempt).find(({ endedAt }) => endedAt === undefined);
    if (job === undefined) throw new Error(`no job of ${attempt.id} runs`);
    return job;
  };
  const refusing = (status: number, code: string) => async () => {
    service.next("create", { kind: "answered", status, code });
    return async () => {};
  };
  return {
    target,
    observed,
    run: (id, attempt = 1) => plannedRun(id, attempt),
    async connect() {
      const backend = await definition.connect(target, services);
      const restoring =
        <Given extends readonly unknown[], Result>(call: (...given: Given) => Promise<Result>) =>
        async (...given: Given): Promise<Result> => {
          await gone;
          try {
            return await call(...given);
          } finally {
            if (gone !== undefined) await service.reachable();
            gone = undefined;
          }
        };
      const restoringList = (list: NonNullable<Backend["owned"]>): NonNullable<Backend["owned"]> =>
        async function* (deployment, signal) {
          const whole = async () => Array.fromAsync(list(deployment, signal));
          yield* await restoring(whole)();
        };
      return {
        submit: restoring((plan: Plan, launch: Launch) => backend.submit(plan, launch)),
        inspect: restoring(backend.inspect.bind(backend)),
        stop: restoring(backend.stop.bind(backend)),
        ...(backend.remove === undefined ? {} : { remove: restoring(backend.remove.bind(backend)) }),
        ...(backend.owned === undefined ? {} : { owned: restoringList(backend.owned.bind(backend)) }),
        ...(backend.find === undefined ? {} : { find: restoring(backend.find.bind(backend)) }),
      };
    },
    starts: async (attempt) => jobsOf(attempt).length,
    fault(site, fault) {
      if (fault === "never sent") gone = service.unreachable();
      else service.next(site as Site, { kind: "lost", applied: fault === "lost after" });
    },
    hold(site) {
      const reached = Promise.withResolvers<void>();
      const until = Promise.withResolvers<void>();
      const applied = Promise.withResolvers<void>();
      service.next(site as Site, {
        kind: "held",
        reached: reached.resolve,
        until: until.promise,
        applied: applied.resolve,
      } satisfies CallFate);
      return {
        reached: reached.promise,
        release() {
          until.resolve();
          return applied.promise;
        },
      };
    },
    refuse: {
      capacity: refusing(503, "NO_CAPACITY"),
      throttled: refusing(429, "SLOW_DOWN"),
      denied: refusing(403, "FORBIDDEN"),
      invalid: refusing(400, "BAD_JOB"),
    },
    async occupy(launch) {
      const job = service.add({ name: `slipway-${launch.deployment}-${launch.key}-${launch.attempt}`, runId: "somebody else's" });
      return { intact: async () => service.job(job.name) === job && job.endedAt === undefined && !job.stopped };
    },
    async strangers() {
      const key = runKey("a stranger");
      const others = [
        service.add({ name: "nightly-1", runId: "nightly" }),
        service.add({ name: `slipway-${key}`, runId: "a stranger" }, Date.now()),
        service.add({ name: `slipway-test-2-${key}-1`, runId: "a stranger" }),
        service.add({ name: `slipway-test-2-${key}-2`, runId: "a stranger" }, Date.now()),
        service.add({ name: `slipway-test-${key}-1`, runId: "somebody else's" }, Date.now()),
        service.add({ name: `slipway-test-${key}-1-copy`, runId: "a stranger" }),
      ];
      const before = JSON.stringify(others);
      return {
        handles: others.map(({ name }) => name),
        deployment: "test-2",
        intact: async () => JSON.stringify(others.map(({ name }) => service.job(name))) === before,
      };
    },
    async outage(kind) {
      service.outage(kind as Outage);
      return async () => service.outage(undefined);
    },
    async end(attempt, exitCode) {
      Object.assign(running(attempt), { endedAt: Date.now(), exitCode });
    },
    async vanish(attempt) {
      service.forget(running(attempt).name);
    },
    close: service.close,
  };
}
