import type { Issue } from "../../core/errors.ts";
import type { Environment, PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import type { LocalSettings } from "./target.ts";

/** A text that becomes an argument, a variable or a folder, and where it comes from. */
type Placed = readonly [path: string, text: string | undefined];

/** The first thing that no process can be given, by the path of the document that says it; never shows a value. */
export function unspawnable(run: PlannedRun, target: Target<LocalSettings>): Issue | undefined {
  return withNul(run, target) ?? misnamedVariable(run, target);
}

/** An argument or variable ends at its first NUL byte, so the rest would be cut off without a word. */
function withNul(run: PlannedRun, target: Target<LocalSettings>): Issue | undefined {
  const { name, flow, runConfig, ...request } = run.request;
  const at = `targets.${target.name}`;
  // The request first: a target's text may be spoilt only by what it interpolates from there.
  const texts: readonly Placed[] = [
    ...list("entrypoint", request.entrypoint),
    ...list("command", request.command),
    ["name", name],
    ["flow.id", flow?.id],
    ["flow.name", flow?.name],
    ["flow.version", flow?.version === undefined ? undefined : String(flow.version)],
    ["run_config.working_dir", runConfig.type === "LocalRun" ? runConfig.workingDir : undefined],
    ...map("run_config.env", runConfig.env),
    ...list(`${at}.entrypoint`, target.entrypoint),
    ...list(`${at}.command`, target.command),
    [`${at}.working_dir`, target.settings.workingDir],
    ...map(`${at}.env`, target.env),
    ...map(`${at}.enforced_env`, target.enforcedEnv),
  ];
  const found = texts.find(([, text]) => text?.includes("\0"));
  return found && { path: found[0], message: "it has a NUL byte, which no process can be given" };
}

/** `A=B` as a name would set `A`, past whatever the target enforces for it. */
function misnamedVariable(run: PlannedRun, target: Target<LocalSettings>): Issue | undefined {
  const environments: readonly (readonly [string, Environment])[] = [
    ["run_config.env", run.request.runConfig.env],
    [`targets.${target.name}.env`, target.env],
    [`targets.${target.name}.enforced_env`, target.enforcedEnv],
  ];
  for (const [path, environment] of environments) {
    const name = Object.keys(environment).find((candidate) => candidate === "" || /[=\0]/.test(candidate));
    if (name !== undefined)
      return {
        path: `${path}.${name.replaceAll("\0", "")}`,
        message: "a variable's name must not be empty, nor have `=` or a NUL byte in it",
      };
  }
  return undefined;
}

function list(path: string, texts: readonly string[] = []): readonly Placed[] {
  return texts.map((text, index) => [`${path}[${index}]`, text]);
}

function map(path: string, environment: Environment): readonly Placed[] {
  return Object.entries(environment).map(([name, value]) => [`${path}.${name}`, typeof value === "string" ? value : undefined]);
}
