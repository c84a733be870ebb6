import type { Explanation } from "../shared/core/explain.ts";
import { shellWord } from "./shell-word.ts";

/** What is said of a run, its commands as they can be typed for this one. */
export function explanationFor(id: string, explanation: Explanation): Explanation {
  const next = explanation.next.map((step) => step.replaceAll(/(`slipway [^`]*)\bID`/g, `$1${shellWord(id)}\``));
  return { ...explanation, next };
}
