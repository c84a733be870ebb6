import { checkTags } from "./check-tags.ts";
import { tagPairs } from "./definitions.ts";
import type { Inputs } from "./model.ts";
import { page } from "./page.ts";
import { EcsRefusal, invalid } from "./refusal.ts";
import { authorize, type Call, clusterOf, pay } from "./state.ts";
import { type EcsTask, shownLaunchType } from "./task.ts";
import { answerOf } from "./task-views.ts";
import { isVisible } from "./tasks.ts";

const MOST_DESCRIBED = 100;

export function describeTasks(call: Call, input: Inputs["DescribeTasks"]): object {
  pay(call, "describeTasks");
  const { state, place, now } = call;
  const references = input.tasks ?? [];
  if (references.length === 0) throw invalid("Tasks cannot be empty.");
  if (references.length > MOST_DESCRIBED) throw invalid(`Tasks cannot be more than ${MOST_DESCRIBED}.`);
  const cluster = clusterOf(call, input.cluster);
  const found = references.map((reference) => {
    const arn = checkedArn(reference, cluster);
    authorize(call, "ecs:DescribeTasks", arn);
    const task = place.tasks.find(arn);
    return task !== undefined && isVisible(task, state.settings.readLagMs, now) ? task : { missing: arn };
  });
  const withTags = input.include?.includes("TAGS") ?? false;
  return {
    tasks: found.flatMap((task) => ("missing" in task ? [] : [answerOf(task, withTags)])),
    failures: found.flatMap((task) => ("missing" in task ? [{ arn: task.missing, reason: "MISSING" }] : [])),
  };
}

/** An id is one of the cluster's; an ARN says itself where it belongs. */
function checkedArn(reference: string, { name, arn }: { readonly name: string; readonly arn: string }): string {
  if (!reference.startsWith("arn:")) return `${arn.replace(":cluster/", ":task/")}/${reference}`;
  const [, cluster] = /:task\/([^/]+)\/[^/]+$/.exec(reference) ?? [];
  if (cluster === undefined) throw invalid("Invalid task identifier.");
  if (cluster !== name) throw invalid(`Invalid identifier: Identifier is for cluster ${cluster}. Your cluster is ${name}`);
  return reference;
}

export function listTasks(call: Call, input: Inputs["ListTasks"]): object {
  pay(call, "describeTasks");
  authorize(call, "ecs:ListTasks", "*");
  const { state, place, now } = call;
  const cluster = clusterOf(call, input.cluster);
  const { startedBy, family, launchType, serviceName, containerInstance, desiredStatus } = input;
  const others = [family, launchType, serviceName, containerInstance, desiredStatus];
  if (startedBy !== undefined && others.some((filter) => filter !== undefined))
    throw invalid("startedBy must be the only filter that you use.");
  const isWanted = (task: EcsTask) =>
    isVisible(task, state.settings.readLagMs, now) &&
    task.clusterArn === cluster.arn &&
    task.desiredStatus === (desiredStatus === "STOPPED" ? "STOPPED" : "RUNNING") &&
    (family === undefined || task.definition.family === family) &&
    (launchType === undefined || shownLaunchType(task) === launchType) &&
    serviceName === undefined &&
    containerInstance === undefined;
  const candidates = startedBy === undefined ? place.tasks.ofCluster(cluster.arn) : place.tasks.startedBy(startedBy);
  const { members, nextToken } = page(candidates.filter(isWanted), input);
  return { taskArns: members.map(({ arn }) => arn), ...nextToken };
}

export function stopTask(call: Call, input: Inputs["StopTask"]): object {
  pay(call, "runTask");
  const { state, place, now } = call;
  const cluster = clusterOf(call, input.cluster);
  if ((input.reason ?? "").length > 1024) throw invalid("reason is too long.");
  const arn = checkedArn(input.task ?? "", cluster);
  authorize(call, "ecs:StopTask", arn);
  const task = place.tasks.find(arn);
  if (task === undefined || !isVisible(task, 0, now)) throw invalid("The referenced task was not found.");
  state.lives.stop(task, now, "UserInitiated", input.reason ?? "Task stopped by user");
  return { task: answerOf(task, false) };
}

export function tagResource(call: Call, input: Inputs["TagResource"]): object {
  pay(call, "tagResource");
  const { place, now } = call;
  const arn = input.resourceArn ?? "";
  authorize(call, "ecs:TagResource", arn);
  checkTags(input.tags);
  const tagged = arn.includes(":task-definition/") ? place.definitions.find(arn, now) : place.tasks.find(arn);
  if (tagged === undefined)
    throw new EcsRefusal({ type: "ResourceNotFoundException", status: 400, message: "The specified resource wasn't found." });
  for (const [key, value] of tagPairs(input.tags)) tagged.tags.set(key, value);
  if (tagged.tags.size > 50) throw invalid("The number of tags exceeds the limit of 50.");
  return {};
}
