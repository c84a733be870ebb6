/** The variables of the container `flow`: what RunTask is sent, and what of it may go into the definition instead. */
import { type ComposedEnvironment, composeEnvironment } from "../../core/environment.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Environment, PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { flowOverride } from "./arguments.ts";
import { refusalAt, variablesAt } from "./documents.ts";

/** What a run's variables are composed of. */
export interface VariableSources {
  readonly run: PlannedRun;
  readonly target: Target;
  /** Merged `run_task_kwargs`: ECS's own lowest layer is the definition's container, above it comes the override in them. */
  readonly kwargs: JsonObject;
  readonly image?: string;
}

/** The composed variables; null takes one of the definition's away. Throws `Refusal` for a name that no container can have. */
export function variablesOf(sources: VariableSources): ComposedEnvironment {
  const variables = composed(sources);
  for (const name of Object.keys(variables)) {
    // `A=B` as a name would set A, whatever the target enforces.
    if (name === "" || /[=\0]/.test(name))
      throw refusalAt(whereSet(name, sources), "a variable's name must not be empty, nor hold = or NUL");
  }
  return variables;
}

function composed({ run, target, kwargs, image }: VariableSources): ComposedEnvironment {
  const override = variablesAt(flowOverride(kwargs) ?? {}, "run_task_kwargs.overrides.containerOverrides");
  const template: Environment = Object.fromEntries(override.map(({ name, value }) => [name, value]));
  return composeEnvironment(run, target, { ...(image === undefined ? {} : { image }), template });
}

/** The variables that the run config itself decides: the same for each run of a flow's version, so they may go into the definition. */
export function ownVariables(sources: VariableSources): ComposedEnvironment {
  const { request } = sources.run;
  const own = request.runConfig.env;
  const cleared = Object.fromEntries(Object.keys(own).map((name) => [name, null]));
  const others = composed({
    ...sources,
    run: { ...sources.run, request: { ...request, runConfig: { ...request.runConfig, env: cleared } } },
  });
  // What is injected or enforced over one of them stays where it was.
  return Object.fromEntries(Object.entries(composed(sources)).filter(([name]) => Object.hasOwn(own, name) && others[name] === null));
}

/** ECS takes a name as a variable or as a secret, not as both. Throws `Refusal` where a target's secret is also set as a variable. */
export function refuseVariablesOfSecrets(variables: ComposedEnvironment, sources: VariableSources): void {
  for (const name of Object.keys(sources.target.secrets)) {
    if (!Object.hasOwn(variables, name) || variables[name] === null) continue;
    const secrets = `targets.${sources.target.name}.secrets.${name}`;
    throw refusalAt(
      whereSet(name, sources),
      `a variable can't have the name of one of the target's secrets (${secrets}): leave out the one or the other`,
    );
  }
}

/** The place that decides a variable, from the highest layer down. */
function whereSet(name: string, { run, target }: VariableSources): string {
  if (Object.hasOwn(target.enforcedEnv, name)) return `targets.${target.name}.enforced_env.${name}`;
  if (name.startsWith("SLIPWAY_") || name === "TRACEPARENT") return `targets.${target.name}.secrets.${name}`;
  if (Object.hasOwn(run.request.runConfig.env, name)) return `run_config.env.${name}`;
  if (Object.hasOwn(target.env, name)) return `targets.${target.name}.env.${name}`;
  return "run_task_kwargs.overrides.containerOverrides.environment";
}
