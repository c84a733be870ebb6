import type { Issue } from "../../core/errors.ts";
import { isList, isObject, type JsonObject } from "../../core/json.ts";
import { REFERENCE_EXPECTED, resolvable } from "./references.ts";

/** What is wrong between the fields of a target. */
export function ecsTargetIssues(target: JsonObject): readonly Issue[] {
  const { task_definition, task_definition_path, run_task_kwargs, secrets } = target;
  const twice = (task_definition ?? null) !== null && (task_definition_path ?? null) !== null;
  return [
    ...(twice ? [{ path: "task_definition_path", message: "not together with task_definition: give at most one of them" }] : []),
    ...Object.entries(isObject(secrets) ? secrets : {}).flatMap(([name, reference]) =>
      typeof reference === "string" && resolvable(reference) === undefined
        ? [{ path: `secrets.${name}`, message: REFERENCE_EXPECTED }]
        : [],
    ),
    ...launchTypeIssues(target["launch_type"], isObject(run_task_kwargs) ? run_task_kwargs : {}),
  ];
}

/** Two places say how a task is launched; where they disagree one of them would silently be ignored. */
function launchTypeIssues(given: JsonObject[string] | undefined, kwargs: JsonObject): readonly Issue[] {
  const strategy = kwargs["capacityProviderStrategy"];
  const hasStrategy = isList(strategy) && strategy.length > 0;
  const launchType = typeof given === "string" ? given.toUpperCase() : undefined;
  if (launchType === "MANAGED_INSTANCES" && !hasStrategy) {
    return [{ path: "launch_type", message: "Managed Instances are used through a capacityProviderStrategy in run_task_kwargs" }];
  }
  const path = "run_task_kwargs.launchType";
  const said = kwargs["launchType"] ?? undefined;
  if (said === undefined) return [];
  if (hasStrategy) return [{ path, message: "not together with capacityProviderStrategy: a task is launched by one of them" }];
  if (said === (launchType ?? "FARGATE")) return [];
  return [{ path, message: `says another thing than launch_type${launchType === undefined ? ", which is FARGATE when not said" : ""}` }];
}
