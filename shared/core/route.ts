import { Refusal } from "./errors.ts";
import { globMatches } from "./glob.ts";
import type { Launcher } from "./launcher.ts";
import type { RunRequest } from "./run.ts";
import { didYouMean } from "./suggest.ts";
import type { Target } from "./target.ts";
import { clipped } from "./text.ts";

/** Where a run may go: the document's targets in order, and what each kind of target can run. */
export interface Routing {
  readonly targets: readonly Target[];
  launcherOf(target: Target): Launcher;
  /** Globs of the targets that the run's sender may use; absent: all. */
  readonly senderTargets?: readonly string[];
}

/** Why a target does not take a run; undefined where it does. */
export function reasonAgainst(request: RunRequest, target: Target, routing: Routing): string | undefined {
  return reasonAgainstType(request, target, routing) ?? reasonAgainstLabels(request, target);
}

function reasonAgainstType(request: RunRequest, target: Target, routing: Routing): string | undefined {
  if (!mayUse(target.name, routing.senderTargets)) return "the sender may not use it";
  const { runs } = routing.launcherOf(target);
  const { type } = request.runConfig;
  return runs.includes(type) ? undefined : `type ${target.type} runs ${runs.join(" and ")}, not ${type}`;
}

function reasonAgainstLabels(request: RunRequest, target: Target): string | undefined {
  const { labels } = request.runConfig;
  if (labels.length === 0) {
    return target.labels.length === 0
      ? undefined
      : `the run has no labels, so it needs a target without labels (this one has ${list(target.labels)})`;
  }
  const missing = labels.filter((label) => !target.labels.includes(label));
  if (missing.length === 0) return undefined;
  return `it lacks the label${missing.length === 1 ? "" : "s"} ${list(missing)} (it has ${target.labels.length === 0 ? "none" : list(target.labels)})`;
}

/**
 * The target that a run goes to: the one that it pins, else the first in the document's order that can run its type and
 * carries all its labels. Throws `Refusal` with the reason for each target.
 */
export function route(request: RunRequest, routing: Routing): Target {
  if (request.target !== undefined) return pinned(request, request.target, routing);
  const found = routing.targets.find((target) => reasonAgainst(request, target, routing) === undefined);
  if (found !== undefined) return found;
  const usable = routing.targets.filter(({ name }) => mayUse(name, routing.senderTargets));
  const reasons = usable.map((target) => `${target.name}: ${reasonAgainst(request, target, routing)}`);
  if (usable.length < routing.targets.length) reasons.push("the sender may not use any other");
  const { type, labels } = request.runConfig;
  const isForLabels = usable.length === 0 || usable.some((target) => reasonAgainstType(request, target, routing) === undefined);
  throw new Refusal("NO_TARGET", {
    path: isForLabels ? "run_config.labels" : "run_config.type",
    message: `no target takes ${type === "ECSRun" ? "an" : "a"} ${type} with ${labels.length === 0 ? "no labels" : `the labels ${list(labels)}`}. ${reasons.join("; ")}`,
  });
}

function pinned(request: RunRequest, name: string, routing: Routing): Target {
  const names = routing.targets.map((candidate) => candidate.name).filter((candidate) => mayUse(candidate, routing.senderTargets));
  // Before it is looked for: whoever may not use a target is not told whether there is one.
  if (!mayUse(name, routing.senderTargets)) {
    throw new Refusal("TARGET_NOT_ALLOWED", {
      path: "target",
      message: `the sender may not use the target ${list([name])}; it may use ${list(names)}`,
    });
  }
  const target = routing.targets.find((candidate) => candidate.name === name);
  if (target === undefined) {
    throw new Refusal("TARGET_UNKNOWN", {
      path: "target",
      message: `no target is named ${list([name])}${didYouMean(name, names)}; the configuration has ${list(names)}`,
    });
  }
  const reason = reasonAgainstType(request, target, routing);
  if (reason !== undefined) throw new Refusal("TYPE_NOT_SUPPORTED", { path: "run_config.type", message: `target "${name}": ${reason}` });
  return target;
}

/** The targets to try when one refuses for want of capacity: its `fallback`, those that can run the type and the sender may use. */
export function fallbacks(request: RunRequest, target: Target, routing: Routing): readonly Target[] {
  return target.fallback.flatMap((name) => {
    const next = routing.targets.find((candidate) => candidate.name === name);
    return next === undefined || reasonAgainstType(request, next, routing) !== undefined ? [] : [next];
  });
}

/** Whether a sender may use a target; one without a list may use all. */
export function mayUse(name: string, senderTargets: readonly string[] | undefined): boolean {
  return senderTargets === undefined || senderTargets.some((pattern) => globMatches(pattern, name));
}

/** Names as a message shows them: the first ones, each at a bearable length. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_SHOWN).map((name) => `"${clipped(name, LONGEST_SHOWN)}"`);
  const more = names.length - shown.length;
  return names.length === 0 ? "none" : `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const MOST_SHOWN = 10;
const LONGEST_SHOWN = 100;
