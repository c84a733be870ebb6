import type { RouteExplanation, TargetAnswer } from "../../shared/core/explain-route.ts";
import { launcherOf } from "../../shared/core/prepare.ts";
import type { Allow, Configuration, Target } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { targetView } from "../target-view.ts";
import { CommandFailure } from "./failure.ts";
import { oneLine, table } from "./format.ts";
import { inputName } from "./input.ts";
import { explained, usedConfiguration } from "./planning.ts";
import { readMessage } from "./request.ts";

/** `slipway targets`: the places to run; with `--for`, what each says to a request. */
export async function targets(options: { config?: string; for?: string; json?: boolean }): Promise<void> {
  const { name, configuration } = await usedConfiguration(options.config);
  if (options.for === undefined) {
    console.log(
      options.json
        ? JSON.stringify(
            configuration.targets.map((target) => targetView({ launchers }, target)),
            undefined,
            2,
          )
        : targetTable(configuration, name),
    );
    return;
  }
  const message = await readMessage(options.for, "any");
  if (message.kind !== "request") {
    throw new CommandFailure(`${inputName(options.for)} holds a ${message.kind} message, not a run request`, 1);
  }
  const explanation = explained(configuration, message.request);
  console.log(options.json ? JSON.stringify(routeView(explanation), undefined, 2) : answerTable(explanation));
}

/** What each target says to a request, for programs. */
export function routeView({ chosen, reason, answers }: RouteExplanation) {
  const view = ({ target, ...answer }: TargetAnswer) => ({ target: target.name, type: target.type, ...answer });
  return { target: chosen?.name ?? null, reason, targets: answers.map(view) };
}

/** What each target says to a request, for a person: the chosen one is marked. */
export function answerTable({ answers }: RouteExplanation): string {
  return table(
    ["", "TARGET", "TYPE", "LABELS", "ANSWER"],
    answers.map(({ target, chosen, reason }) => [chosen ? "→" : "", target.name, target.type, target.labels.join(", "), reason]),
  );
}

function targetTable({ targets: all }: Configuration, name: string): string {
  const rows = all.map((target) => [
    target.name,
    target.type,
    target.labels.join(", "),
    runsOf(target).join(", "),
    target.fallback.join(", "),
    allowSummary(target.allow),
  ]);
  const list = `from ${oneLine(name)}\n${table(["TARGET", "TYPE", "LABELS", "RUNS", "FALLBACK", "RUNS MAY BRING"], rows)}`;
  return all.some(({ allow }) => allow === undefined)
    ? `${list}\n\n"${SAFE}": what each launcher takes from any run; \`allow\` in the target says otherwise.`
    : list;
}

function runsOf(target: Target): readonly string[] {
  return launcherOf({ launchers }, target).runs;
}

/** Longer lists are counted: `--json` has them in full. */
const LONGEST_LIST = 30;

/** What a target without `allow` is said to take. */
const SAFE = "what is safe";

function allowSummary(allow: Allow | undefined): string {
  if (allow === undefined) return SAFE;
  if (allow === "*") return "anything";
  const summary = Object.entries(allow).map(([kind, globs]) => `${kind}: ${isGlobs(globs) ? globList(globs) : globs}`);
  return summary.length === 0 ? SAFE : summary.join("; ");
}

function isGlobs(value: readonly string[] | boolean): value is readonly string[] {
  return typeof value !== "boolean";
}

function globList(globs: readonly string[]): string {
  const list = globs.join(" ");
  return list.length > LONGEST_LIST ? `${globs.length} ${globs.length === 1 ? "glob" : "globs"}` : list || "none";
}
