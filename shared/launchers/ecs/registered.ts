/** A run whose definition is made by us, and registered where there is none like it. */
import { chooseCommand } from "../../core/command.ts";
import { requireImage } from "../../core/image.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ECSRun, PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { refuseOutside } from "./allowed.ts";
import { compatibilities, isFargate, overridesOf } from "./arguments.ts";
import { chosenTemplate, definitionOf, flowContainer, type Template } from "./definition.ts";
import { textAt } from "./documents.ts";
import { requireExecutionRole } from "./execution-role.ts";
import { requireFargateParts } from "./fargate.ts";
import { refuseBeyondLimits } from "./limits.ts";
import { DEFINITION_FIELDS } from "./model.ts";
import type { EcsPlan } from "./plan.ts";
import { isTooLong, refuseTooLong, runTaskOf } from "./run-task.ts";
import { refuseUnlike } from "./shapes.ts";
import type { EcsSettings } from "./target.ts";
import { ownVariables, refuseVariablesOfSecrets, variablesOf } from "./variables.ts";

/** Register and RunTask. Throws `Refusal`. */
export function planRegistered(run: PlannedRun, target: Target<EcsSettings>, config: ECSRun | undefined, kwargs: JsonObject): EcsPlan {
  const template = templateOf(run, target, config);
  refuseUnlike(template.document, DEFINITION_FIELDS, template.path);
  const templateImage = textAt(flowContainer(template) ?? {}, "image", `${template.path}.containerDefinitions.image`);
  const image = requireImage({ run, target, ...(templateImage === undefined ? {} : { template: templateImage }) });
  const sources = { run, target, kwargs, image };
  const variables = variablesOf(sources);
  refuseVariablesOfSecrets(variables, sources);
  const { entrypoint } = chooseCommand(run, target, image);
  const requiresCompatibilities = compatibilities(target);
  const executionRoleArn = config?.executionRoleArn || target.settings.executionRoleArn;
  const lastExecutionRoleArn = textAt(overridesOf(kwargs), "executionRoleArn", "run_task_kwargs.overrides.executionRoleArn");

  const build = (moved: Readonly<Record<string, string | null>>) => {
    const definition = definitionOf(template, {
      image,
      target,
      onFargate: isFargate(kwargs),
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, value === null || Object.hasOwn(moved, name) ? value : undefined]),
      ),
      ...(requiresCompatibilities === undefined ? {} : { requiresCompatibilities }),
      ...(entrypoint === undefined ? {} : { entrypoint }),
      ...(executionRoleArn ? { executionRoleArn } : {}),
      ...(lastExecutionRoleArn ? { lastExecutionRoleArn } : {}),
      ...(run.request.flow?.name === undefined ? {} : { flowName: run.request.flow.name }),
    });
    const environment = Object.fromEntries(Object.entries(variables).filter(([name]) => !Object.hasOwn(moved, name)));
    const taskDefinition = textAt(definition, "family", "family") ?? "";
    const parts = { run, target, config, kwargs, image, taskDefinition, environment };
    return { definition, runTask: runTaskOf({ ...parts, ...rolesOf(config, definition, target.settings, kwargs) }) };
  };
  let built = build({});
  if (isTooLong(built.runTask)) built = build(ownVariables(sources));
  const { definition, runTask } = built;
  refuseTooLong(runTask, "the run config's own variables are in the definition already; shorten the parameters or the command");
  refuseBeyondLimits(definition, template.path);
  requireExecutionRole({ definition, target, onFargate: isFargate(kwargs) });
  requireFargateParts({ runTask, target, definition, path: template.path });
  refuseOutside({ run, target, config, template, image });
  return {
    calls: [
      { api: "ecs:RegisterTaskDefinition", input: definition },
      { api: "ecs:RunTask", input: runTask },
    ],
    defaultRoles: {},
    yieldingRoles: [],
  };
}

function templateOf(run: PlannedRun, target: Target<EcsSettings>, config: ECSRun | undefined): Template {
  return chosenTemplate([
    given(config?.taskDefinition, "run", "run_config.task_definition"),
    run.template && { document: run.template.document, origin: run.template.origin, path: run.template.path },
    given(target.settings.taskDefinition, "target", `targets.${target.name}.task_definition`),
  ]);
}

function given(document: JsonObject | undefined, origin: Template["origin"], path: string): Template | undefined {
  return document && { document, origin, path };
}

/** Run config, definition, target, and last what `run_task_kwargs` said. An empty text says nothing, as it did to the agents. */
function rolesOf(config: ECSRun | undefined, definition: JsonObject, settings: EcsSettings, kwargs: JsonObject) {
  const role = (name: "taskRoleArn" | "executionRoleArn") => {
    const said = config?.[name] || textAt(definition, name, `task_definition.${name}`) || settings[name];
    return said || textAt(overridesOf(kwargs), name, `run_task_kwargs.overrides.${name}`);
  };
  const [taskRoleArn, executionRoleArn] = [role("taskRoleArn"), role("executionRoleArn")];
  return { ...(taskRoleArn ? { taskRoleArn } : {}), ...(executionRoleArn ? { executionRoleArn } : {}) };
}
