/** The calls of one ECS target. The client is made on first use of the target. */
import { randomUUID } from "node:crypto";
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  type RunTaskCommandOutput,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import type { JsonObject } from "../../core/json.ts";
import type { Backend, Launch, Services, SubmitOutcome } from "../../core/launcher.ts";
import type { Target } from "../../core/target.ts";
import { failedCall, failureOf, refusedInside, sdkError, unreadable } from "./answers.ts";
import { ecsClient } from "./client.ts";
import { isMarkedAs } from "./definition.ts";
import { createDefinitions, DefinitionBusy, groupOf } from "./definitions.ts";
import { checkAsItIs, isRefused } from "./described.ts";
import { ecsFailure } from "./failures.ts";
import { startedBy } from "./naming.ts";
import { clusterOf, handleOf, STOP_PREFIX } from "./observation.ts";
import { ownedTasks } from "./owned.ts";
import { createPace } from "./pace.ts";
import type { EcsPlan } from "./plan.ts";
import type { EcsSettings } from "./target.ts";
import { describeTasks, inspectTasks } from "./tasks.ts";
import { told } from "./told.ts";
import { deregisterUnused } from "./unused.ts";

const LONGEST_STOP_REASON = 255;
/** The form of a task's id. */
const NO_TASK = "0".repeat(32);
/** A throttled call is repeated for so long after its first try; what waits for its turn before that has not been tried. */
const THROTTLED_MILLISECONDS = 10_000;
/** Longer than ECS takes to answer a RunTask. */
const ANSWERED_MILLISECONDS = 5000;

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
    register: async (definition: RegisterTaskDefinitionCommandInput, abortSignal: AbortSignal) => {
      const { taskDefinition } = await client.send(new RegisterTaskDefinitionCommand(definition), { abortSignal });
      return taskDefinition?.taskDefinitionArn ?? "";
    },
    sameOf: async (definition: JsonObject, abortSignal: AbortSignal) => {
      const input = { taskDefinition: String(definition["family"]), include: ["TAGS" as const] };
      const { taskDefinition, tags = [] } = await client.send(new DescribeTaskDefinitionCommand(input), { abortSignal });
      return taskDefinition?.status === "ACTIVE" && isMarkedAs(tags, definition) ? taskDefinition.taskDefinitionArn : undefined;
    },
  };
  const scope = `${account}/${settings.region ?? "default"}`;
  const definitions = createDefinitions(scope, randomUUID(), calls, services);
  const checkedAsItIs = checkAsItIs(async (name, abortSignal) => {
    const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }), { abortSignal });
    return taskDefinition ?? {};
  }, services.now);
  const pace = createPace(services);

  /** RunTask in its turn, and again where it was only throttled. */
  async function runTask(input: JsonObject, launch: Launch): Promise<SubmitOutcome> {
    for (let until: number | undefined; ; ) {
      await pace.turn(launch.signal, until !== undefined);
      if (launch.signal.aborted)
        return { status: "refused", failure: ecsFailure({ code: "PACED", message: "the pace that ECS takes left no time for the call" }) };
      const outcome = await runTaskOnce(input, launch);
      if (outcome.status !== "refused" || outcome.failure.class !== "throttled") return outcome;
      pace.throttled();
      until ??= services.now() + THROTTLED_MILLISECONDS;
      if (services.now() >= until) return outcome;
    }
  }

  function runTaskCall(input: JsonObject, { signal }: Launch): Promise<RunTaskCommandOutput> {
    return client.send(new RunTaskCommand(input as unknown as RunTaskCommandInput), { abortSignal: signal });
  }

  async function runTaskOnce(input: JsonObject, launch: Launch): Promise<SubmitOutcome> {
    try {
      const { tasks = [], failures = [] } = await runTaskCall(input, launch);
      const arn = tasks[0]?.taskArn;
      if (arn !== undefined) return { status: "accepted", handle: handleOf(arn) };
      const [failure] = failures;
      // Whatever answers 200 with neither, a portal or a proxy, is not ECS: it proves nothing.
      return failure === undefined ? { status: "unknown", failure: unreadable() } : refusedInside(failure.reason ?? "", failure.detail);
    } catch (thrown) {
      const error = sdkError(thrown);
      return error.name === "ConflictException" ? conflicting(thrown, input, launch) : failedCall(error);
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
    if (tasks.length > 0) return boundToToken("NAME_TAKEN", "the launch's token belongs to a task that is not ours");
    // A task is not always described at once.
    return unknown;
  }

  /** A conflict, looked at again where the token has no task: it may be that the first call is just being answered. */
  async function conflicting(thrown: unknown, input: JsonObject, launch: Launch): Promise<SubmitOutcome> {
    if (!startedNothing(thrown)) return adopted(thrown, launch);
    await services.sleep(ANSWERED_MILLISECONDS, launch.signal);
    const again = launch.signal.aborted ? undefined : await runTaskCall(input, launch).catch((error: unknown) => error);
    if (startedNothing(again)) return boundToToken("TOKEN_SPENT", "an earlier call of this attempt, of another plan, started nothing");
    return { status: "unknown", failure: failureOf(sdkError(thrown)) };
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

  async function submitted(plan: EcsPlan, launch: Launch): Promise<SubmitOutcome> {
    const [first, second] = plan.calls;
    if (launch.signal.aborted)
      return { status: "refused", failure: ecsFailure({ code: "NO_TIME", message: "no time was left for the call" }) };
    try {
      // A role that can't be assumed is known before the RunTask: it would pass for one that may have arrived.
      if (settings.roleArn !== undefined) await client.config.credentials();
      if (second !== undefined) return await submitRegistered(first?.input as JsonObject, second.input as JsonObject, launch);
      const input = await checkedAsItIs(first?.input as JsonObject, plan, launch.signal);
      return isRefused(input) ? input : await runTask(input, launch);
    } catch (thrown) {
      // Before the RunTask: whatever became of it, no task was started.
      if (thrown instanceof DefinitionBusy)
        return { status: "refused", failure: ecsFailure({ code: "DEFINITION_BUSY", message: thrown.message }) };
      const failure = failureOf(sdkError(thrown));
      return { status: "refused", failure: failure.class === "unknown" ? { ...failure, class: "unavailable" } : failure };
    }
  }

  return {
    submit: async (plan, launch) => told(await submitted(plan, launch), plan),

    async check(abortSignal) {
      // The right that every look needs; a task that is not there is no error.
      await client.send(
        new DescribeTasksCommand({ ...(settings.cluster === undefined ? {} : { cluster: settings.cluster }), tasks: [NO_TASK] }),
        { abortSignal },
      );
    },

    async inspect(launched, signal) {
      return inspectTasks(client, launched, services.now(), signal);
    },

    async stop({ handle }, reason, signal) {
      const cluster = clusterOf(handle);
      try {
        const input = { task: handle, reason: `${STOP_PREFIX}${reason}`.slice(0, LONGEST_STOP_REASON) };
        const command = new StopTaskCommand(cluster === undefined ? input : { ...input, cluster });
        await client.send(command, signal === undefined ? {} : { abortSignal: signal });
      } catch (thrown) {
        // Gone from ECS's memory: there is nothing to stop.
        if (!/task was not found/i.test(sdkError(thrown).message)) throw thrown;
      }
    },

    owned: (deployment, signal) => ownedTasks(client, settings.cluster, deployment, signal),

    async tidy(_deployment, signal) {
      await deregisterUnused(client, groupOf(scope), services, signal);
    },
  };
}

/** A refusal that ECS gives for the token, so that it settles what was called before. */
function boundToToken(code: string, message: string): SubmitOutcome {
  return { status: "refused", boundToKey: true, failure: ecsFailure({ code, message }) };
}

/** A ConflictException that names the token's tasks, and there are none: the token's first call brought failures only. */
function startedNothing(thrown: unknown): boolean {
  return sdkError(thrown).name === "ConflictException" && (thrown as { resourceIds?: readonly string[] }).resourceIds?.length === 0;
}
