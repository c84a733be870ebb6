/** What a run may not bring: asked about its template, its `run_task_kwargs`, and every role, image, secret and network that it names. */
import { type AllowQuestion, allowsEverything, checkAllowed, listOf, refuseDisallowed } from "../../core/allow.ts";
import type { Issue } from "../../core/errors.ts";
import { isList, type Json, type JsonObject } from "../../core/json.ts";
import { withoutNulls } from "../../core/merge.ts";
import type { ECSRun, PlannedRun } from "../../core/run.ts";
import { checkSafeFields } from "../../core/safe-fields.ts";
import type { Target } from "../../core/target.ts";
import type { Template } from "./definition.ts";
import { objectAt, objectsAt, textAt } from "./documents.ts";
import { safeDefinition, safeRunTask } from "./safe.ts";
import type { EcsSettings } from "./target.ts";

/** What is looked at: all that the run itself brings. */
export interface Brought {
  readonly run: PlannedRun;
  readonly target: Target<EcsSettings>;
  readonly config: ECSRun | undefined;
  /** The template that was chosen, where a definition is made. */
  readonly template?: Template;
  readonly image?: string;
}

/** Throws `Refusal` NOT_ALLOWED that names every rule that the run reaches outside of. */
export function refuseOutside({ run, target, config, template, image }: Brought): void {
  const ask = asking(run, target);
  const kwargs = config?.runTaskKwargs;
  refuseDisallowed([
    ask("images", run.request.flow?.storage?.type === "Docker" ? image : undefined, "flow.storage"),
    ask("images", config?.image, "run_config.image"),
    ask("task_definitions", config?.taskDefinitionArn, "run_config.task_definition_arn"),
    ask("task_roles", config?.taskRoleArn || undefined, "run_config.task_role_arn"),
    ask("execution_roles", config?.executionRoleArn || undefined, "run_config.execution_role_arn"),
    ...(template?.origin === "run" ? ofTemplate(template, target, ask) : []),
    ...(kwargs === undefined ? [] : ofKwargs(withoutNulls(kwargs), target, ask)),
  ]);
}

type Ask = (rule: AllowQuestion["rule"], value: string | undefined, path: string) => Issue | undefined;

/** Asks about a value unless the target itself names it: in its settings, its arguments, or its template. */
function asking(run: PlannedRun, target: Target<EcsSettings>): Ask {
  const { settings } = target;
  const kwargs = settings.runTaskKwargs ?? {};
  const overrides = objectAt(kwargs, "overrides", "run_task_kwargs.overrides");
  const definition = run.template?.origin === "target" ? run.template.document : (settings.taskDefinition ?? {});
  const containers = objectsAt(definition, "containerDefinitions", "task_definition.containerDefinitions");
  const text = (document: JsonObject, key: string) => (typeof document[key] === "string" ? document[key] : undefined);
  const own: Partial<Record<AllowQuestion["rule"], readonly (string | undefined)[]>> = {
    task_roles: [settings.taskRoleArn, text(definition, "taskRoleArn"), text(overrides, "taskRoleArn")],
    execution_roles: [settings.executionRoleArn, text(definition, "executionRoleArn"), text(overrides, "executionRoleArn")],
    clusters: [settings.cluster, text(kwargs, "cluster")],
    networks: networksOf(kwargs).map(([network]) => network),
    secrets: [
      ...Object.values(target.secrets).map((reference) => reference.replace(/^(secretsmanager|ssm):/, "")),
      ...containers.flatMap((container) =>
        objectsAt(container, "secrets", "task_definition.secrets").map((secret) => text(secret, "valueFrom")),
      ),
    ],
    images: [target.image, ...containers.map((container) => text(container, "image"))],
  };
  return (rule, value, path) => (value === undefined ? undefined : checkAllowed({ target, rule, value, path, own: own[rule] ?? [] }));
}

function ofTemplate({ document, path }: Template, target: Target<EcsSettings>, ask: Ask): (Issue | undefined)[] {
  const containers = objectsAt(document, "containerDefinitions", `${path}.containerDefinitions`);
  return [
    ...checkSafeFields({ document, safe: safeDefinition(target), target, rule: "safe_fields", path }),
    ask("task_roles", textAt(document, "taskRoleArn", `${path}.taskRoleArn`), `${path}.taskRoleArn`),
    ask("execution_roles", textAt(document, "executionRoleArn", `${path}.executionRoleArn`), `${path}.executionRoleArn`),
    ...containers.flatMap((container, index) => {
      const at = `${path}.containerDefinitions[${index}]`;
      const secrets = objectsAt(container, "secrets", `${at}.secrets`);
      return [
        ask("images", textAt(container, "image", `${at}.image`), `${at}.image`),
        ...secrets.map((secret, nth) => ask("secrets", textAt(secret, "valueFrom", `${at}.secrets`), `${at}.secrets[${nth}].valueFrom`)),
      ];
    }),
  ];
}

function ofKwargs(kwargs: JsonObject, target: Target<EcsSettings>, ask: Ask): (Issue | undefined)[] {
  const path = "run_config.run_task_kwargs";
  const overrides = objectAt(kwargs, "overrides", `${path}.overrides`);
  return [
    ...checkSafeFields({ document: kwargs, safe: safeRunTask(target), target, rule: "safe_fields", path }),
    ask("clusters", textAt(kwargs, "cluster", `${path}.cluster`), `${path}.cluster`),
    ask("task_roles", textAt(overrides, "taskRoleArn", `${path}.overrides.taskRoleArn`), `${path}.overrides.taskRoleArn`),
    ask(
      "execution_roles",
      textAt(overrides, "executionRoleArn", `${path}.overrides.executionRoleArn`),
      `${path}.overrides.executionRoleArn`,
    ),
    ...networksOf(kwargs).map(([network, where]) => ask("networks", network, `${path}.networkConfiguration.awsvpcConfiguration.${where}`)),
    ...widerNetwork(kwargs, target, `${path}.networkConfiguration.awsvpcConfiguration`),
  ];
}

/** A network configuration replaces the target's whole: it must not reach further by what it leaves out, or by a public address. */
function widerNetwork(kwargs: JsonObject, target: Target<EcsSettings>, path: string): readonly Issue[] {
  if (allowsEverything(target) || listOf(target, "networks") !== undefined || kwargs["networkConfiguration"] === undefined) return [];
  const [own, brought] = [vpcOf(target.settings.runTaskKwargs ?? {}), vpcOf(kwargs)];
  const issue = (field: string, why: string) => ({
    path: `${path}.${field}`,
    message: `rule networks of target "${target.name}": ${why}; the operator can allow it in the target's allow.networks`,
  });
  const groups = (vpc: JsonObject) => isList(vpc["securityGroups"]) && vpc["securityGroups"].length > 0;
  const address = brought["assignPublicIp"] ?? "DISABLED";
  return [
    ...(groups(own) && !groups(brought)
      ? [issue("securityGroups", "without them the network's default group would apply, not the target's")]
      : []),
    ...(address === "DISABLED" || address === own["assignPublicIp"]
      ? []
      : [issue("assignPublicIp", "the target itself gives no public address")]),
  ];
}

/** The subnets and security groups that RunTask arguments name, each with where. */
function networksOf(kwargs: JsonObject): readonly (readonly [network: string, where: string])[] {
  const vpc = vpcOf(kwargs);
  return ["subnets", "securityGroups"].flatMap((kind) => {
    const list: Json = vpc[kind] ?? [];
    return (isList(list) ? list : [list]).map((network, index) => [String(network), `${kind}[${index}]`] as const);
  });
}

function vpcOf(kwargs: JsonObject): JsonObject {
  const configuration = objectAt(kwargs, "networkConfiguration", "run_task_kwargs.networkConfiguration");
  return objectAt(configuration, "awsvpcConfiguration", "run_task_kwargs.networkConfiguration.awsvpcConfiguration");
}
