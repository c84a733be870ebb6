/** What the calls of this launcher need, read from the target alone. */
import { isList, isObject, type Json, type JsonObject } from "../../core/json.ts";
import type { Right, TargetRights } from "../../core/rights.ts";
import type { Target } from "../../core/target.ts";
import type { EcsSettings } from "./target.ts";

/** Exactly the cluster and roles that the target, its template and its `allow` name. */
export function rightsOf({ name, settings, allow }: Target<EcsSettings>): TargetRights {
  const place = placeOf(settings);
  // Who may ask for anything may ask for any cluster and any role; ECS still takes only a role that trusts it.
  const further = allow === "*" ? ["*"] : listOf(allow?.["clusters"]);
  const clusters = [...new Set([settings.cluster ?? "default", ...further])].map((cluster) => clusterArn(cluster, place));
  const tasks = clusters.map((cluster) => `${cluster.replace(":cluster/", ":task/")}/*`);
  const stop: Right = { sid: "Stop", actions: ["ecs:DescribeTasks", "ecs:StopTask"], resources: tasks };
  const definitions = `${place}:task-definition/*`;
  const roles = allow === "*" ? ["*"] : rolesOf(settings, allow);
  return {
    launch: [
      { sid: "Launch", actions: ["ecs:RunTask"], resources: [definitions], condition: { ArnEquals: { "ecs:cluster": clusters } } },
      // ECS offers no narrower resource for the two.
      { sid: "Define", actions: ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"], resources: ["*"] },
      {
        sid: "Tag",
        actions: ["ecs:TagResource"],
        resources: [...tasks, definitions],
        condition: { StringEquals: { "ecs:CreateAction": ["RunTask", "RegisterTaskDefinition"] } },
      },
      ...pass("Pass", roles, "ecs-tasks.amazonaws.com", place),
      // With these ECS itself makes the volumes that a task brings.
      ...pass("PassVolumes", volumeRolesOf(settings), "ecs.amazonaws.com", place),
      stop,
    ],
    look: [
      stop,
      // What runs with our mark and should not is looked for.
      { sid: "List", actions: ["ecs:ListTasks"], resources: ["*"], condition: { ArnEquals: { "ecs:cluster": clusters } } },
      { sid: "Forget", actions: ["ecs:DeregisterTaskDefinition"], resources: ["*"] },
    ],
    ...(settings.roleArn === undefined ? {} : { role: settings.roleArn }),
    notes: settings.taskDefinitionPath === undefined ? [] : [unread(name)],
  };
}

function unread(target: string): string {
  return `target ${target}: its template is read from a path at run time; name the roles that it has in allow.task_roles and allow.execution_roles, or as task_role_arn and execution_role_arn`;
}

/** `arn:<partition>:ecs:<region>:<account>`, in the account of the role that is assumed. */
function placeOf({ region, roleArn: assumed, cluster }: EcsSettings): string {
  if (cluster?.startsWith("arn:")) return cluster.split(":").slice(0, 5).join(":");
  const account = assumed?.split(":")[4] || "${AWS::AccountId}";
  return `arn:\${AWS::Partition}:ecs:${region ?? "${AWS::Region}"}:${account}`;
}

function clusterArn(cluster: string, place: string): string {
  return cluster.startsWith("arn:") ? cluster : `${place}:cluster/${cluster}`;
}

function roleArn(role: string, place: string): string {
  return role.startsWith("arn:") ? role : `${accountOf(place)}:role/${role}`;
}

function accountOf(place: string): string {
  const [, partition, , , account] = place.replaceAll("AWS::", "AWS__").split(":");
  return `arn:${partition}:iam::${account}`.replaceAll("AWS__", "AWS::");
}

function pass(sid: string, roles: readonly string[], service: string, place: string): readonly Right[] {
  if (roles.length === 0) return [];
  const resources = roles.map((role) => roleArn(role, place));
  return [{ sid, actions: ["iam:PassRole"], resources, condition: { StringEquals: { "iam:PassedToService": service } } }];
}

/** Roles of the volumes that the target's own arguments of RunTask ask for. */
function volumeRolesOf({ runTaskKwargs = {} }: EcsSettings): readonly string[] {
  const volumes: Json = runTaskKwargs["volumeConfigurations"] ?? [];
  const roles = (isList(volumes) ? volumes : []).map((volume) =>
    isObject(volume) ? objectAt(volume, "managedEBSVolume")["roleArn"] : undefined,
  );
  return [...new Set(roles.filter((role): role is string => typeof role === "string" && role !== ""))].sort();
}

/** Every role that a task of the target may get. */
function rolesOf(settings: EcsSettings, allow: Exclude<Target["allow"], "*" | undefined> | undefined): readonly string[] {
  const template = settings.taskDefinition ?? {};
  const overrides = objectAt(settings.runTaskKwargs ?? {}, "overrides");
  const named = [
    settings.taskRoleArn,
    settings.executionRoleArn,
    ...[template, overrides].flatMap((document) => [document["taskRoleArn"], document["executionRoleArn"]]),
    ...listOf(allow?.["task_roles"]),
    ...listOf(allow?.["execution_roles"]),
  ];
  return [...new Set(named.filter((role): role is string => typeof role === "string" && role !== ""))].sort();
}

function objectAt(document: JsonObject, name: string): JsonObject {
  const value: Json | undefined = document[name];
  return isObject(value) ? value : {};
}

function listOf(value: readonly string[] | boolean | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}
