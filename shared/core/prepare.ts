import { chooseTimeout } from "./command.ts";
import { Refusal } from "./errors.ts";
import { planDigestOf, runKey } from "./identity.ts";
import type { Launcher, Plan, Services } from "./launcher.ts";
import type { TemplateReader } from "./ports.ts";
import { route } from "./route.ts";
import type { LoadedTemplate, RunRequest } from "./run.ts";
import { didYouMean } from "./suggest.ts";
import type { Configuration, Target } from "./target.ts";

/** What routing and planning need: the configuration, the launchers, and where the dispatcher stands. */
export interface Planning {
  readonly configuration: Configuration;
  readonly launchers: Readonly<Record<string, Launcher>>;
  readonly services: Pick<Services, "stateFolder" | "stateId">;
  readonly templates: TemplateReader;
}

/** A run with its target chosen and its calls computed; nothing has been written or called yet. */
export interface Prepared {
  readonly target: Target;
  readonly launcher: Launcher;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly place: string;
  /** The version of the template that was read for the plan. */
  readonly template?: Pick<LoadedTemplate, "path" | "version">;
  /** The run's time limit on this target. */
  readonly timeoutSeconds?: number;
}

/** The launcher of a target. The configuration was validated against the registry, so there is one. */
export function launcherOf(planning: Pick<Planning, "launchers">, target: Target): Launcher {
  const launcher = planning.launchers[target.type];
  if (launcher === undefined) {
    const known = Object.keys(planning.launchers);
    throw new Refusal("INVALID_CONFIGURATION", {
      path: `targets.${target.name}.type`,
      message: `no launcher has the type "${target.type}"${didYouMean(target.type, known)}`,
    });
  }
  return launcher;
}

/** Routes and plans a run. Throws `Refusal` for what can never succeed as things stand. */
export async function prepare(
  planning: Planning,
  request: RunRequest,
  attempt: number,
  senderTargets?: readonly string[],
): Promise<Prepared> {
  const target = route(request, {
    targets: planning.configuration.targets,
    launcherOf: (candidate) => launcherOf(planning, candidate),
    ...(senderTargets === undefined ? {} : { senderTargets }),
  });
  return prepareFor(planning, request, attempt, target);
}

/** Plans a run for a target that is already chosen; reads its template first, where it names one. Throws `Refusal`. */
export async function prepareFor(planning: Planning, request: RunRequest, attempt: number, target: Target): Promise<Prepared> {
  const launcher = launcherOf(planning, target);
  const run = { deployment: planning.configuration.deployment, key: runKey(request.id), attempt, request };
  const from = launcher.templatePath?.(run, target);
  const template = from && (await planning.templates.read(from));
  const plan = launcher.plan(template === undefined ? run : { ...run, template }, target);
  const place = launcher.place(target, planning.services);
  const timeoutSeconds = chooseTimeout(run, target);
  return {
    target,
    launcher,
    plan,
    planDigest: planDigestOf(plan),
    place,
    ...(template === undefined ? {} : { template: { path: template.path, version: template.version } }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}
