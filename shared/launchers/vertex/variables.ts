/** The variables of the run's own container. */
import { composeEnvironment } from "../../core/environment.ts";
import { type Issue, Refusal } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { escaped } from "./escape.ts";

const C_IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** A container takes so many. */
const MOST = 100;

/** The variables in the service's form, by name in order. Throws `Refusal` for names that it takes not, and for too many. */
export function variablesOf(run: PlannedRun, target: Target, image: string): readonly JsonObject[] {
  const variables = Object.entries(composeEnvironment(run, target, { image })).flatMap(([name, value]) =>
    // Below the container's own variables there are only the image's, which nothing here can take away.
    value === null ? [] : [{ name, value: escaped(value) }],
  );
  const issues = variables.filter(({ name }) => !C_IDENTIFIER.test(name)).map(({ name }) => misnamed(name, run, target));
  const [first, ...rest] = issues;
  if (first !== undefined) throw new Refusal(codeOf(first), [first, ...rest]);
  if (variables.length > MOST) {
    const message = `${variables.length} variables with the target's and ours, and a CustomJob's container takes ${MOST}: put several into one, or into storage`;
    throw new Refusal("INVALID_REQUEST", { path: "run_config.env", message });
  }
  return variables;
}

function misnamed(name: string, run: PlannedRun, target: Target): Issue {
  const message = "a variable's name must begin with a letter or underscore and hold only ASCII letters, digits and underscores";
  return { path: `${whereSet(name, run, target)}.${name.slice(0, 80)}`, message };
}

/** The place that decides a variable, from the highest layer down. */
function whereSet(name: string, run: PlannedRun, target: Target): string {
  if (Object.hasOwn(target.enforcedEnv, name)) return `targets.${target.name}.enforced_env`;
  return Object.hasOwn(run.request.runConfig.env, name) ? "run_config.env" : `targets.${target.name}.env`;
}

function codeOf({ path }: Issue): "INVALID_CONFIGURATION" | "INVALID_REQUEST" {
  return path.startsWith("targets.") ? "INVALID_CONFIGURATION" : "INVALID_REQUEST";
}
