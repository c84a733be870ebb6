import { chooseCommand } from "../../core/command.ts";
import { type ComposedEnvironment, composeEnvironment } from "../../core/environment.ts";
import { type Issue, Refusal } from "../../core/errors.ts";
import type { Plan } from "../../core/launcher.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { unspawnable } from "./spawnable.ts";
import type { LocalSettings } from "./target.ts";

/** Starts one process. `env` holds only what we set; null unsets an inherited variable. */
export interface LocalCall {
  readonly api: "local:spawn";
  readonly input: {
    readonly command: string;
    readonly args: readonly string[];
    /** Absolute, or counted from the dispatcher's folder. */
    readonly cwd: string;
    readonly env: ComposedEnvironment;
  };
}

/** A local launch is one call. */
export interface LocalPlan extends Plan {
  readonly calls: readonly [LocalCall];
}

/** Computes the process of a run. Throws `Refusal` where there is no command, or one that no process can be given. */
export function planLocal(run: PlannedRun, target: Target<LocalSettings>): LocalPlan {
  const { flow } = run.request;
  if (flow?.storage?.type === "Docker") {
    throw new Refusal("STORAGE_NOT_SUPPORTED", {
      path: "flow.storage",
      message: `the flow is stored in a Docker image, and target "${target.name}" starts local processes, which have no image; route the run to a target that runs images`,
    });
  }
  const { entrypoint = [], command = [] } = chooseCommand(run, target);
  const [program, ...args] = [...entrypoint, ...command];
  if (program === undefined || program === "") {
    throw new Refusal("COMMAND_MISSING", {
      path: "command",
      message: `there is no command to start; set \`command\` in the request or in target "${target.name}" (a local process has no image to take one from)`,
    });
  }
  const issue = unspawnable(run, target);
  if (issue !== undefined) throw new Refusal(codeFor(issue), issue);
  const input = { command: program, args, cwd: workingDirOf(run, target), env: composeEnvironment(run, target) };
  return { calls: [{ api: "local:spawn", input }] };
}

/** An empty folder means what it meant to the agents: the dispatcher's own. */
function workingDirOf(run: PlannedRun, target: Target<LocalSettings>): string {
  const { runConfig } = run.request;
  const own = runConfig.type === "LocalRun" ? runConfig.workingDir : undefined;
  return (own ?? target.settings.workingDir ?? ".") || ".";
}

function codeFor(issue: Issue): "INVALID_CONFIGURATION" | "INVALID_REQUEST" {
  return issue.path.startsWith("targets.") ? "INVALID_CONFIGURATION" : "INVALID_REQUEST";
}
