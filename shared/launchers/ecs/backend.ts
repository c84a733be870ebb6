/** The calls of one ECS target. The client is made on first use of the target. */
import { randomUUID } from "node:crypto";
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import type { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Backend, Launch, Launched, Observation, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import { failedCall, failureOf, refusedInside, sdkError } from "./answers.ts";
import { ecsClient } from "./client.ts";
import { createDefinitions, DefinitionBusy } from "./definitions.ts";
import { FLOW } from "./documents.ts";
import { ecsFailure } from "./failures.ts";
import { startedBy } from "./naming.ts";
import { clusterOf, handleOf, observationOf, STOP_PREFIX } from "./observation.ts";
import { createPace } from "./pace.ts";
import type { EcsPlan } from "./plan.ts";
import type { EcsSettings } from "./target.ts";

const MOST_TASKS = 100;
const LONGEST_STOP_REASON = 255;

/** Connects to a target; `makeClient` is for whoever carries the requests otherwise than over the network. */
export async function connectEcs(
  target: Target<EcsSettings>,
  services: Services,
  makeClient: (settings: EcsSettings) => Promise<ECSClient> = ecsClient,
): Promise<Backend<EcsPlan>> {
  const { settings } = target;
  const client = await makeClient(settings);
  const account = /^arn:[^:]*:iam::(\d+):/.exec(settings.roleArn ?? "")?.[1] ?? "own";
  const calls = {
    register: async (definition: ConstructorParameters<typeof RegisterTaskDefinitionCommand>[0]) => {
      const { taskDefinition } = await client.send(new RegisterTaskDefinitionCommand(definition));
      return taskDefinition?.taskDefinitionArn ?? "";
    },
    describe: (name: string) => describeDefinition(client, name),
  };
  const definitions = createDefinitions(`${account}/${settings.region ?? "default"}`, randomUUID(), calls, services);
  const described = new Map<string, Promise<TaskDefinition>>();
  const pace = createPace();

  /** A definition that is used as it is: with a container `flow`, and the target's roles where it has none of its own. */
  async function checkedAsItIs(runTask: JsonObject, plan: EcsPlan): Promise<JsonObject | SubmitOutcome> {
    const name = String(runTask["taskDefinition"]);
    const describing = described.get(name) ?? calls.describe(name);
    // Without a revision the name means another definition as soon as somebody registers one.
    if (/:\d+$/.test(name)) described.set(name, describing);
    describing.catch(() => described.delete(name));
    const definition = await describing;
    if (!definition.containerDefinitions?.some((container) => container.name === FLOW)) {
      const message = `the task definition ${name} has no container named "${FLOW}"`;
      return { status: "refused", failure: ecsFailure({ code: "ClientException", message }) };
    }
    const overrides = (runTask["overrides"] ?? {}) as JsonObject;
    const added = Object.entries(plan.defaultRoles).filter(
      ([role]) => overrides[role] === undefined && definition[role as "taskRoleArn" | "executionRoleArn"] === undefined,
    );
    return { ...runTask, overrides: { ...overrides, ...Object.fromEntries(added) } };
  }

  async function runTask(input: JsonObject, launch: Launch): Promise<SubmitOutcome> {
    const wait = pace.turn(services.now());
    if (wait > 0) await services.sleep(wait, launch.signal);
    if (launch.signal.aborted) return { status: "refused", failure: notSent("PACED", "the pace that ECS takes left no time for the call") };
    try {
      const { tasks = [], failures = [] } = await client.send(new RunTaskCommand(input as unknown as RunTaskCommandInput), {
        abortSignal: launch.signal,
      });
      const arn = tasks[0]?.taskArn;
      if (arn !== undefined) return { status: "accepted", handle: handleOf(arn) };
      return refusedInside(failures[0]?.reason ?? "no task and no reason", failures[0]?.detail);
    } catch (thrown) {
      const error = sdkError(thrown);
      if (error.name === "ConflictException") return adopted(thrown, launch);
      const outcome = failedCall(error);
      if (outcome.failure.class === "throttled") pace.throttled(services.now());
      return outcome;
    }
  }

  /** The token was used with other parameters: by us, if the task says so. */
  async function adopted(thrown: unknown, launch: Launch): Promise<SubmitOutcome> {
    const arns = (thrown as { resourceIds?: readonly string[] }).resourceIds ?? [];
    const ours = startedBy(launch.deployment, launch.key, launch.attempt);
    const unknown: SubmitOutcome = { status: "unknown", failure: failureOf(sdkError(thrown)) };
    const tasks = await describeTasks(client, arns, launch.signal).catch(() => undefined);
    if (tasks === undefined) return unknown;
    const task = tasks.find((candidate) => candidate.startedBy === ours);
    if (task?.taskArn !== undefined) return { status: "accepted", handle: handleOf(task.taskArn) };
    if (tasks.length > 0) {
      const failure = {
        class: "conflict",
        code: "NAME_TAKEN",
        message: "the launch's token belongs to a task that is not ours",
        recognised: true,
      } as const;
      return { status: "refused", boundToKey: true, failure };
    }
    // A task is not always described at once.
    return unknown;
  }

  async function submitRegistered(definition: JsonObject, input: JsonObject, launch: Launch): Promise<SubmitOutcome> {
    const arn = await definitions.arnOf(definition, launch.signal);
    const outcome = await runTask({ ...input, taskDefinition: arn }, launch);
    const gone = outcome.status === "refused" && outcome.failure.class === "conflict" && outcome.boundToKey !== true;
    if (!gone) return outcome;
    // Inactive or deleted since: registered again, under a claim of its own.
    await definitions.forget(definition, arn);
    return runTask({ ...input, taskDefinition: await definitions.arnOf(definition, launch.signal) }, launch);
  }

  return {
    async submit(plan, launch) {
      const [first, second] = plan.calls;
      try {
        if (second !== undefined) return await submitRegistered(first?.input as JsonObject, second.input as JsonObject, launch);
        const input = await checkedAsItIs(first?.input as JsonObject, plan);
        return "status" in input && typeof input.status === "string"
          ? (input as SubmitOutcome)
          : await runTask(input as JsonObject, launch);
      } catch (thrown) {
        // Before the RunTask: whatever became of it, no task was started.
        if (thrown instanceof DefinitionBusy) return { status: "refused", failure: notSent("DEFINITION_BUSY", thrown.message) };
        const failure = failureOf(sdkError(thrown));
        return { status: "refused", failure: failure.class === "unknown" ? { ...failure, class: "unavailable" } : failure };
      }
    },

    async inspect(launched) {
      return inspectTasks(client, launched, services.now());
    },

    async stop({ handle }, reason) {
      const cluster = clusterOf(handle);
      try {
        const input = { task: handle, reason: `${STOP_PREFIX}${reason}`.slice(0, LONGEST_STOP_REASON) };
        await client.send(new StopTaskCommand(cluster === undefined ? input : { ...input, cluster }));
      } catch (thrown) {
        // Gone from ECS's memory: there is nothing to stop.
        if (!/task was not found/i.test(sdkError(thrown).message)) throw thrown;
      }
    },
  };
}

function notSent(code: string, message: string): Failure {
  return { class: "throttled", code, message, recognised: true };
}

async function describeDefinition(client: ECSClient, name: string): Promise<TaskDefinition> {
  const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }));
  return taskDefinition ?? {};
}

async function describeTasks(client: ECSClient, arns: readonly string[], signal?: AbortSignal) {
  if (arns.length === 0) return [];
  const cluster = clusterOf(arns[0] ?? "");
  const input = { tasks: [...arns], ...(cluster === undefined ? {} : { cluster }) };
  const { tasks = [] } = await client.send(new DescribeTasksCommand(input), signal === undefined ? {} : { abortSignal: signal });
  return tasks;
}

/** One call for each hundred tasks of a cluster. A call that fails says nothing about its tasks. */
async function inspectTasks(client: ECSClient, launched: readonly Launched[], now: number): Promise<readonly Observation[]> {
  const observations = new Map<string, Observation>();
  for (const [, ofCluster] of Map.groupBy(launched, ({ handle }) => clusterOf(handle))) {
    for (let from = 0; from < ofCluster.length; from += MOST_TASKS) {
      const batch = ofCluster.slice(from, from + MOST_TASKS).map(({ handle }) => handle);
      try {
        for (const task of await describeTasks(client, batch)) observations.set(task.taskArn ?? "", observationOf(task, now));
        for (const handle of batch) if (!observations.has(handle)) observations.set(handle, { status: "absent" });
      } catch (thrown) {
        const failure = failureOf(sdkError(thrown));
        for (const handle of batch) observations.set(handle, { status: "unknown", failure });
      }
    }
  }
  return launched.map(({ handle }) => observations.get(handle) ?? { status: "absent" });
}
