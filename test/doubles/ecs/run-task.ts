import { createHash } from "node:crypto";
import type { CapacityProviderStrategyItem, RunTaskRequest } from "@aws-sdk/client-ecs";
import type { Shortage } from "./capacity.ts";
import { checkLaunch, checkRequest, sizeOf } from "./check-run-task.ts";
import { type Definition, tagPairs } from "./definitions.ts";
import { lifeOf } from "./options.ts";
import { EcsRefusal, REFUSALS } from "./refusal.ts";
import { authorize, type Call, clusterOf, pay } from "./state.ts";
import { type EcsTask, isFargate, present } from "./task.ts";
import { answerOf } from "./task-views.ts";
import type { RunTaskAnswer } from "./tokens.ts";

export function runTask(call: Call, input: RunTaskRequest): RunTaskAnswer {
  const { state, place, now } = call;
  pay(call, "runTask");
  checkRequest(input, state.settings.capacityProviders);
  const cluster = clusterOf(call, input.cluster);
  const found = place.definitions.find(input.taskDefinition ?? "", now);
  checkRights(call, input, found, cluster.name);
  const replayed = place.tokens.replay(input, cluster.arn, now);
  if (replayed !== undefined) return replayed;
  const definition = runnable(found);
  const providers = providersOf(input);
  for (const provider of new Set(providers)) checkLaunch({ input, definition, provider });
  checkLimits(call, cluster.arn, providers);
  const placed = providers.map((provider, index) => placeTask({ call, input, definition, cluster, provider, index }));
  const tasks = placed.flatMap((outcome) => ("id" in outcome ? [outcome] : []));
  const failures = placed.flatMap((outcome) => ("reason" in outcome ? [outcome] : []));
  const answer: RunTaskAnswer = { tasks: tasks.map((task) => answerOf(task, true)), failures };
  place.tokens.keep(input, cluster.arn, now, tasks, answer);
  return answer;
}

/** The launch itself, the roles that are passed on, and tags that are set by it. */
function checkRights(call: Call, input: RunTaskRequest, definition: Definition | undefined, cluster: string): void {
  const { account, region, partition } = call.caller;
  const arn = `arn:${partition}:ecs:${region}:${account}`;
  authorize(call, "ecs:RunTask", definition?.arn ?? `${arn}:task-definition/${input.taskDefinition}`);
  const { taskRoleArn, executionRoleArn } = { ...definition?.input, ...present(input.overrides ?? {}) };
  for (const role of [taskRoleArn, executionRoleArn]) if (role !== undefined) authorize(call, "iam:PassRole", role);
  if ((input.tags ?? []).length > 0) authorize(call, "ecs:TagResource", `${arn}:task/${cluster}/*`);
}

function runnable(definition: Definition | undefined): Definition {
  if (definition === undefined) throw new EcsRefusal(REFUSALS.definitionNotFound);
  if (definition.status !== "ACTIVE") throw new EcsRefusal(REFUSALS.definitionInactive);
  return definition;
}

/** PROVISIONING of the cluster, then the rate at which Fargate launches. */
function checkLimits(call: Call, clusterArn: string, providers: readonly string[]): void {
  const { state, place } = call;
  const waiting = place.tasks.provisioning(clusterArn);
  if (waiting + providers.length > state.settings.provisioningLimit) throw new EcsRefusal(REFUSALS.provisioningLimit);
  const [onDemand, spot] = ["FARGATE", "FARGATE_SPOT"].map((wanted) => providers.filter((provider) => provider === wanted).length);
  if (onDemand || spot) pay(call, "fargateRunTask");
  if (onDemand) pay(call, "fargate", onDemand);
  if (spot) pay(call, "fargateSpot", spot);
}

/** One provider for each task: the launch type, or the strategy's bases first and then its weights. */
function providersOf({ count = 1, launchType, capacityProviderStrategy: strategy = [] }: RunTaskRequest): readonly string[] {
  if (strategy.length === 0) return Array.from({ length: count }, () => launchType ?? "EC2");
  const bases = strategy.flatMap(({ capacityProvider = "", base = 0 }) => Array.from({ length: base }, () => capacityProvider));
  const given = new Map(strategy.map(({ capacityProvider = "" }) => [capacityProvider, 0]));
  const weighted = Array.from({ length: Math.max(0, count - bases.length) }, () => {
    const next = furthestBehind(strategy, given);
    given.set(next, (given.get(next) ?? 0) + 1);
    return next;
  });
  return [...bases, ...weighted].slice(0, count);
}

function furthestBehind(strategy: readonly CapacityProviderStrategyItem[], given: ReadonlyMap<string, number>): string {
  const share = ({ capacityProvider = "", weight = strategy.length === 1 ? 1 : 0 }: CapacityProviderStrategyItem) =>
    weight === 0 ? Infinity : ((given.get(capacityProvider) ?? 0) + 1) / weight;
  return strategy.reduce((best, item) => (share(item) < share(best) ? item : best)).capacityProvider ?? "";
}

interface Placing {
  readonly call: Call;
  readonly input: RunTaskRequest;
  readonly definition: Definition;
  readonly cluster: { readonly name: string; readonly arn: string };
  readonly provider: string;
  readonly index: number;
}

/** A launch type without room is a failure in the answer; a capacity provider takes the task and lets it wait. */
function placeTask(placing: Placing): EcsTask | Shortage {
  const { call, input, provider } = placing;
  const { state, place, now } = call;
  const shortage = shortageOf(placing, now);
  const named = (input.capacityProviderStrategy ?? []).length > 0;
  if (shortage !== undefined && !named) return shortage;
  const task = newTask(placing, named ? { capacityProvider: provider } : { launchType: provider });
  place.tasks.add(task);
  let first: Shortage | undefined = shortage;
  const wait = {
    until: now + state.settings.provisioningTimeoutMs,
    shortage(at: number) {
      const missing = at === now ? first : shortageOf(placing, at);
      first = undefined;
      return missing?.reason;
    },
  };
  state.lives.begin(task, lifeOf(state.settings, task), now, shortage === undefined ? undefined : wait);
  return task;
}

function shortageOf({ call, input, definition, cluster, provider }: Placing, now: number): Shortage | undefined {
  const { state, place, caller } = call;
  return state.capacity.ask({
    account: caller.account,
    region: caller.region,
    cluster: cluster.name,
    provider,
    cpu: 0,
    memory: 0,
    ...sizeOf(input.overrides, definition),
    definition,
    now,
    placed: () => place.tasks.ofCluster(cluster.arn).filter(({ status }) => status !== "STOPPED" && status !== "PROVISIONING"),
  });
}

function newTask(placing: Placing, where: Pick<EcsTask, "launchType" | "capacityProvider">): EcsTask {
  const { call, input, definition, cluster, provider } = placing;
  const { state, caller, now } = call;
  const id = createHash("md5").update(`task ${state.next()}`).digest("hex");
  const prefix = `arn:${caller.partition}:ecs:${caller.region}:${caller.account}`;
  const arn = `${prefix}:task/${cluster.name}/${id}`;
  const network = input.networkConfiguration;
  const inherited = input.propagateTags === "TASK_DEFINITION" ? [...definition.tags] : [];
  return {
    arn,
    id,
    account: caller.account,
    region: caller.region,
    cluster: cluster.name,
    clusterArn: cluster.arn,
    definition,
    group: input.group ?? `family:${definition.family}`,
    overrides: input.overrides ?? {},
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    tags: new Map([...inherited, ...tagPairs(input.tags)]),
    createdAt: now,
    containers: (definition.input.containerDefinitions ?? []).map(({ name = "", image = "", essential = true }, nth) => ({
      name,
      image,
      essential,
      arn: `${prefix}:container/${cluster.name}/${id}/${nth}`,
      status: "PENDING",
    })),
    // An instance takes a task at once, where it has no network interface of its own to wait for.
    status: isFargate(provider) || where.capacityProvider !== undefined || network !== undefined ? "PROVISIONING" : "PENDING",
    desiredStatus: "RUNNING",
    version: 1,
    ...where,
    ...sizeOf(input.overrides, definition),
    ...present({
      startedBy: input.startedBy,
      clientToken: input.clientToken,
      platformVersion: input.platformVersion,
      networkConfiguration: network,
    }),
  };
}
