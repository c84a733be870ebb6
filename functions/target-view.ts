import { launcherOf, type Planning } from "../shared/core/prepare.ts";
import type { Target } from "../shared/core/target.ts";

/** A target as programs see it: what it takes, and nothing of its environment. */
export function targetView(planning: Pick<Planning, "launchers">, target: Target) {
  const { name, type, labels, fallback, allow } = target;
  return { name, type, labels, runs: launcherOf(planning, target).runs, fallback, allow: allow ?? null };
}
