import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ECSClient, RunTaskCommand, type RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { runKey } from "../../shared/core/identity.ts";
import type { Backend, Launcher } from "../../shared/core/launcher.ts";
import type { PlannedRun } from "../../shared/core/run.ts";
import { connectEcs } from "../../shared/launchers/ecs/backend.ts";
import { ecs } from "../../shared/launchers/ecs/index.ts";
import { startedBy } from "../../shared/launchers/ecs/naming.ts";
import type { EcsPlan } from "../../shared/launchers/ecs/plan.ts";
import { ecsService } from "../doubles/ecs/ecs-double.ts";
import type { RefusalName } from "../doubles/ecs/refusal.ts";
import { sdkHandler } from "../doubles/ecs/transport.ts";
import { type DoubleRequest, operationOf } from "../doubles/ecs/wire.ts";
import { ecsTarget } from "../launchers/ecs/support.ts";
import { servicesFor } from "./services.ts";
import { type Attempt, CANARY, type Fault, type Subject, type World } from "./subject.ts";

const HERE = ecsTarget({ env: { TARGET: CANARY }, enforcedEnv: { ENFORCED: CANARY }, settings: { region: "eu-west-1" } });
const CREDENTIALS = { accessKeyId: "AKIATESTER", secretAccessKey: CANARY };

function plannedRun(id: string, attempt: number, over: Partial<PlannedRun["request"]> = {}): PlannedRun {
  const runConfig = { type: "ECSRun", env: { SECRET: CANARY, NUMBER: 1 }, labels: [] } as const;
  // A flow of its own, so that each run's definition is registered by its launch.
  return { deployment: "test", key: runKey(id), attempt, request: { id, runConfig, flow: { name: id }, command: ["true"], ...over } };
}

/** The ECS launcher under test: the real SDK before a double of the service. */
export const ecsSubject: Subject = {
  definition: ecs as unknown as Launcher,
  module: { path: fileURLToPath(new URL("../../shared/launchers/ecs/index.ts", import.meta.url)), name: "ecs" },
  samples: [
    { run: plannedRun("plain", 1), target: HERE },
    {
      run: plannedRun("full", 2, {
        name: "jolly-otter",
        flow: { id: "f", name: "Nightly", version: 3, storage: { type: "S3", key: "k", bucket: "b" } },
        parameters: { day: "2026-11-21", nested: { b: 1, a: [1, { d: 2, c: 3 }] } },
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        runConfig: { type: "ECSRun", image: "img:2", cpu: "1 vcpu", memory: "2 GB", env: { B: "2", A: "1", C: true }, labels: ["b", "a"] },
      }),
      target: {
        ...HERE,
        tags: { team: "${flow.name}", zone: "a" },
        entrypoint: ["env"],
        settings: { ...HERE.settings, cluster: "jobs", taskRoleArn: "arn:aws:iam::111122223333:role/task" },
      },
    },
    {
      run: plannedRun("as-it-is", 1, { runConfig: { type: "ECSRun", taskDefinitionArn: "etl:3", env: {}, labels: [] } }),
      target: { ...HERE, allow: "*" },
    },
  ],
  capabilities: {
    once: "offered",
    find: { lacks: "ListTasks by startedBy shows running tasks only: an absence proves nothing" },
    names: "offered",
    exitCodes: "offered",
    owned: "offered",
    remove: { lacks: "ECS itself forgets a task an hour after its end" },
    capacity: "offered",
    throttled: "offered",
    denied: "offered",
    invalid: "offered",
  },
  // A RegisterTaskDefinition that gets lost starts nothing, so it is refused as unavailable: see the scenarios of definitions.
  submitSites: ["RunTask"],
  lookSites: ["DescribeTasks"],
  listSites: ["ListTasks", "DescribeTasks"],
  outages: ["5xx", "hang", "reset"],
  // ListTasks has pages of 100.
  crowd: 120,
  patienceMilliseconds: 5000,
  open: openWorld,
};

/** A task's ARN without the task. */
const NOWHERE = "arn:aws:ecs:eu-west-1:111122223333:task/default/";

interface Holding {
  readonly site: string;
  readonly reached: () => void;
  readonly until: Promise<void>;
  readonly applied: () => void;
}

async function openWorld(): Promise<World> {
  /** Waiting costs no time here: the clock goes ahead instead. */
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const double = ecsService({ clock: { now }, buckets: false, registerMs: 0, life: { provisioningMs: 0, pendingMs: 0 } });
  const { services, observed } = servicesFor({
    now,
    sleep: async (milliseconds) => {
      ahead += milliseconds;
      await setImmediate();
    },
  });
  const unsent = new Set<string>();
  const holding: Holding[] = [];
  /** What every RunTask is refused with. */
  let refusal: RefusalName | undefined;

  let outage: string | undefined;

  async function handle(request: DoubleRequest) {
    const operation = operationOf(request) ?? "";
    if (outage === "5xx") return { status: 503, headers: { "content-type": "text/html" }, body: "<html>Service Unavailable</html>" };
    if (outage === "reset") throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    if (outage === "hang") return new Promise<never>(() => {});
    if (unsent.delete(operation)) throw Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), { code: "ECONNREFUSED" });
    if (refusal !== undefined && operation === "RunTask") double.refuse({ operation, error: refusal });
    const index = holding.findIndex(({ site }) => site === operation);
    const [held] = index < 0 ? [] : holding.splice(index, 1);
    held?.reached();
    await held?.until;
    return double.handle(request).finally(() => held?.applied());
  }

  const requestHandler = sdkHandler(handle);
  const client = async () => new ECSClient({ region: "eu-west-1", credentials: CREDENTIALS, maxAttempts: 1, requestHandler });
  const tasksOf = ({ key, attempt }: Attempt) => double.started(startedBy("test", key, attempt));
  const running = (attempt: Attempt): string => {
    const task = tasksOf(attempt).find(({ status }) => status !== "STOPPED");
    if (task === undefined) throw new Error(`no task of ${attempt.id} runs`);
    return task.arn;
  };
  const refusing = (error: RefusalName) => async () => {
    refusal = error;
    return async () => {
      refusal = undefined;
    };
  };

  return {
    target: HERE,
    observed,
    run: (id, attempt = 1) => plannedRun(id, attempt),
    connect: async () => (await connectEcs(HERE, services, client)) as Backend,
    starts: async (attempt) => tasksOf(attempt).length,
    fault(site, fault: Fault) {
      const operation = site as "RunTask" | "DescribeTasks";
      if (fault === "never sent") unsent.add(site);
      else double.loseAnswer({ operation, when: fault === "lost before" ? "before" : "after" });
    },
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
      // Not a failure inside a 200: that one stays bound to the attempt's token, and takes a new attempt.
      capacity: refusing("provisioningLimit"),
      throttled: refusing("hiddenThrottle"),
      invalid: refusing("unsupported"),
      async denied() {
        double.deny({ action: "ecs:RunTask" });
        return async () => double.allow();
      },
    },
    async occupy(launch) {
      const token = tokenOf(ecs.plan(plannedRun(launch.id, launch.attempt), HERE));
      const foreign = plannedRun("somebody-else", 1);
      await (await connectEcs(HERE, services, client)).submit(ecs.plan(foreign, HERE), { ...launch, key: foreign.key });
      const [model] = double.started(startedBy("test", foreign.key, 1));
      const input = runTaskOf(ecs.plan(foreign, HERE));
      const { tasks = [] } = await (await client()).send(
        new RunTaskCommand({ ...input, taskDefinition: model?.definition.arn, clientToken: token, startedBy: "somebody" }),
      );
      const arn = tasks[0]?.taskArn;
      return { intact: async () => double.tasks().some((task) => task.arn === arn && task.desiredStatus === "RUNNING") };
    },
    async strangers() {
      const key = runKey("a stranger");
      // A definition to run, which one of ours has registered.
      const foreign = plannedRun("somebody-else", 1);
      const launch = { deployment: "test-2", id: "somebody-else", key: foreign.key, attempt: 1, planDigest: "d" };
      const theirs = ecs.plan({ ...foreign, deployment: "test-2" }, HERE);
      await (await connectEcs(HERE, services, client)).submit(theirs, { ...launch, signal: new AbortController().signal });
      const definition = double.definitions()[0]?.arn;
      const input = runTaskOf(theirs);
      const arns: string[] = [double.started(startedBy("test-2", foreign.key, 1))[0]?.arn ?? ""];
      for (const by of [
        "ecs-svc/123",
        `slipway/test/${key}`,
        `slipway/test-2/${key}/2`,
        `xslipway/test/${key}/1`,
        `slipway/test/${key}/1/`,
      ]) {
        const { clientToken: _token, ...others } = input;
        const { tasks = [] } = await (await client()).send(new RunTaskCommand({ ...others, taskDefinition: definition, startedBy: by }));
        arns.push(tasks[0]?.taskArn ?? "");
      }
      const ended = arns.at(-1) ?? "";
      double.finish(ended, { exitCode: 0 });
      const shown = () => JSON.stringify(arns.map((arn) => double.tasks().find((task) => task.arn === arn)?.desiredStatus));
      const before = shown();
      return { handles: arns, deployment: "test-2", intact: async () => shown() === before };
    },
    async outage(kind) {
      outage = kind;
      return async () => {
        outage = undefined;
      };
    },
    nowhere: ({ key }) => `${NOWHERE}${key}`,
    async end(attempt, exitCode) {
      double.finish(running(attempt), { exitCode });
    },
    async vanish(attempt) {
      double.finish(running(attempt), { exitCode: 0 });
      // What ECS forgets of a stopped task.
      ahead += 61 * 60_000;
    },
    close: async () => {},
  };
}

function runTaskOf({ calls }: EcsPlan): RunTaskCommandInput {
  return calls.at(-1)?.input as unknown as RunTaskCommandInput;
}

function tokenOf(plan: EcsPlan): string | undefined {
  return runTaskOf(plan).clientToken;
}
