import type { TaskDefinitionField } from "@aws-sdk/client-ecs";
import { checkDefinition } from "./check-definition.ts";
import { type Definition, definitionAnswer, definitionTags } from "./definitions.ts";
import type { Inputs } from "./model.ts";
import { page } from "./page.ts";
import { clientError, EcsRefusal, invalid, REFUSALS } from "./refusal.ts";
import { authorize, type Call, pay } from "./state.ts";

const MOST_DELETED = 10;

/** Takes its time, and the family to itself: another registration of the family meanwhile is refused. */
export async function registerTaskDefinition(call: Call, input: Inputs["RegisterTaskDefinition"]): Promise<object> {
  const { place, caller, state } = call;
  const { clock, registerMs } = state.settings;
  pay(call, "registerTaskDefinition");
  authorize(call, "ecs:RegisterTaskDefinition", "*");
  checkDefinition(input);
  for (const role of [input.taskRoleArn, input.executionRoleArn]) if (role !== undefined) authorize(call, "iam:PassRole", role);
  const family = input.family ?? "";
  if (place.registering.has(family)) throw new EcsRefusal(REFUSALS.concurrentRevision);
  place.registering.add(family);
  try {
    if (registerMs > 0) await clock.sleep(registerMs);
    const definition = place.definitions.add(input, caller, clock.now());
    return { taskDefinition: definitionAnswer(definition), tags: definitionTags(definition) };
  } finally {
    place.registering.delete(family);
  }
}

export function describeTaskDefinition(call: Call, input: Inputs["DescribeTaskDefinition"]): object {
  pay(call, "describeTaskDefinition");
  authorize(call, "ecs:DescribeTaskDefinition", "*");
  const definition = call.place.definitions.find(input.taskDefinition ?? "", call.now);
  if (definition === undefined) throw new EcsRefusal(REFUSALS.definitionUnknown);
  const wanted: readonly TaskDefinitionField[] = input.include ?? [];
  return { taskDefinition: definitionAnswer(definition), ...(wanted.includes("TAGS") ? { tags: definitionTags(definition) } : {}) };
}

export function deregisterTaskDefinition(call: Call, input: Inputs["DeregisterTaskDefinition"]): object {
  pay(call, "registerTaskDefinition");
  authorize(call, "ecs:DeregisterTaskDefinition", "*");
  const reference = input.taskDefinition ?? "";
  if (!/:\d+$/.test(reference)) throw invalid("Revision is missing.");
  const definition = call.place.definitions.find(reference, call.now);
  if (definition === undefined) throw clientError("The specified task definition does not exist.");
  if (definition.status === "ACTIVE")
    Object.assign(definition, { status: "INACTIVE", deregisteredAt: call.now } satisfies Partial<Definition>);
  return { taskDefinition: definitionAnswer(definition) };
}

export function deleteTaskDefinitions(call: Call, input: Inputs["DeleteTaskDefinitions"]): object {
  pay(call, "registerTaskDefinition");
  authorize(call, "ecs:DeleteTaskDefinitions", "*");
  const references = input.taskDefinitions ?? [];
  if (references.length === 0 || references.length > MOST_DELETED) throw invalid(`taskDefinitions must have 1 to ${MOST_DELETED} items.`);
  const outcomes = references.map((reference) => deleteOne(call, reference));
  return {
    taskDefinitions: outcomes.flatMap((outcome) => ("reason" in outcome ? [] : [definitionAnswer(outcome)])),
    failures: outcomes.filter((outcome) => "reason" in outcome),
  };
}

function deleteOne({ place, now }: Call, reference: string): Definition | { readonly arn: string; readonly reason: string } {
  const definition = place.definitions.find(reference, now);
  if (definition === undefined)
    return {
      arn: reference,
      reason: "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
    };
  if (definition.status === "ACTIVE") {
    return {
      arn: definition.arn,
      reason: "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
    };
  }
  definition.status = "DELETE_IN_PROGRESS";
  definition.deletedAt ??= now;
  return definition;
}

export function listTaskDefinitions(call: Call, input: Inputs["ListTaskDefinitions"]): object {
  pay(call, "describeTaskDefinition");
  authorize(call, "ecs:ListTaskDefinitions", "*");
  const { familyPrefix, status = "ACTIVE", sort = "ASC" } = input;
  const found = call.place.definitions
    .all()
    .filter((definition) => definition.status === status && (familyPrefix === undefined || definition.family === familyPrefix))
    .sort((one, other) => (one.family < other.family ? -1 : one.family > other.family ? 1 : one.revision - other.revision));
  const { members, nextToken } = page(sort === "DESC" ? found.reverse() : found, input);
  return { taskDefinitionArns: members.map(({ arn }) => arn), ...nextToken };
}
