/** The run's own container: the first of the template, with the run's image, command, variables and sizes. */
import { chooseCommand } from "../../core/command.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { objectIn, refusalAt } from "./documents.ts";
import { literal } from "./literal.ts";
import { isQuantity } from "./quantity.ts";
import type { KubernetesSettings } from "./target.ts";
import { kubernetesRun, type Template } from "./template.ts";
import { variablesOf } from "./variables.ts";

/** The container of a run. Throws `Refusal`. */
export function containerOf(
  run: PlannedRun,
  target: Target<KubernetesSettings>,
  image: string,
  template: Template,
  container: JsonObject,
): JsonObject {
  const { command, entrypoint } = chooseCommand(run, target, image);
  const { resources: _resources, env: _env, ...rest } = container;
  const policy = pullPolicyOf(run, target, template, container);
  const resources = resourcesOf(run, container);
  const env = variablesOf(run, target, image, container);
  return {
    ...rest,
    image,
    ...(policy === undefined ? {} : { imagePullPolicy: policy }),
    ...(entrypoint === undefined ? {} : { command: entrypoint.map(literal) }),
    ...(command === undefined ? {} : { args: command.map(literal) }),
    ...(env.length === 0 ? {} : { env }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
  };
}

/** Run config, a template that the run brings, target, the target's template. */
function pullPolicyOf(run: PlannedRun, { settings }: Target<KubernetesSettings>, { origin }: Template, container: JsonObject) {
  const own = kubernetesRun(run)?.imagePullPolicy;
  const inTemplate = container["imagePullPolicy"];
  return own ?? (origin === "run" ? (inTemplate ?? settings.imagePullPolicy) : (settings.imagePullPolicy ?? inTemplate));
}

/** The template's sizes with the run config's over them, one by one; an empty text says nothing, as it did to the agents. */
function resourcesOf(run: PlannedRun, container: JsonObject): JsonObject {
  const config = kubernetesRun(run);
  const own = {
    limits: { cpu: config?.cpuLimit, memory: config?.memoryLimit },
    requests: { cpu: config?.cpuRequest, memory: config?.memoryRequest },
  };
  const { limits: _limits, requests: _requests, ...others } = objectIn(container, "resources");
  const merged = Object.entries(own).flatMap(([kind, sizes]) => {
    const given = Object.entries(sizes).flatMap(([name, size]) => (size ? [[name, checkedSize(size, kind, name)] as const] : []));
    const all = { ...objectIn(objectIn(container, "resources"), kind), ...Object.fromEntries(given) };
    return Object.keys(all).length === 0 ? [] : [[kind, all] as const];
  });
  return { ...others, ...Object.fromEntries(merged) };
}

function checkedSize(size: string, kind: string, name: string): string {
  if (isQuantity(size)) return size;
  throw refusalAt(`run_config.${name}_${kind.slice(0, -1)}`, "expected a quantity as Kubernetes writes it, as 500m, 2 or 1.5Gi");
}
