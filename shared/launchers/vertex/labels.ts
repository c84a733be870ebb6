/** The labels of a job: the target's tags, and ours, by which a job is known to be an attempt's. */
import { Refusal } from "../../core/errors.ts";
import { byCodeUnit } from "../../core/json.ts";
import type { PlannedRun } from "../../core/run.ts";
import { composeTags, OWN_TAGS } from "../../core/tags.ts";
import type { Target } from "../../core/target.ts";
import { isLabelKey, LONGEST_LABEL, labelValue } from "./naming.ts";

/** A job takes so many. */
const MOST = 64;

/** The labels that name an attempt. Underscores: in a filter, a hyphen could be read as a minus. */
export const OWN_LABELS = {
  deployment: ownLabel(OWN_TAGS.deployment),
  key: ownLabel(OWN_TAGS.key),
  attempt: ownLabel(OWN_TAGS.attempt),
} as const;

/** `slipway:run-id` → `slipway_run_id`: a label's key takes no colon. */
function ownLabel(tag: string): string {
  return tag.replaceAll(/[^a-z0-9]/g, "_");
}

/** The labels by key, in order. Values are made to fit. Throws `Refusal` for a tag of the target whose key can't be one. */
export function labelsOf(run: PlannedRun, target: Target, image: string): Readonly<Record<string, string>> {
  const own = new Set<string>(Object.values(OWN_TAGS));
  const composed = Object.entries(composeTags(run, target, image));
  const labels = new Map<string, string>();
  for (const [tag, value] of composed.filter(([tag]) => !own.has(tag))) {
    if (!isLabelKey(tag)) throw unfit(target, tag);
    labels.set(tag, labelValue(value));
  }
  for (const [tag, value] of composed.filter(([tag]) => own.has(tag))) labels.set(ownLabel(tag), labelValue(value));
  if (labels.size > MOST) {
    const message = `${labels.size} labels with ours, and a job takes ${MOST}: leave out ${labels.size - MOST} tags`;
    throw new Refusal("INVALID_CONFIGURATION", { path: `targets.${target.name}.tags`, message });
  }
  return Object.fromEntries([...labels].sort(([a], [b]) => byCodeUnit(a, b)));
}

function unfit(target: Target, tag: string): Refusal {
  const message = `a label's key begins with a lower-case letter and has up to ${LONGEST_LABEL} lower-case letters, digits, underscores and hyphens`;
  return new Refusal("INVALID_CONFIGURATION", { path: `targets.${target.name}.tags.${tag.slice(0, 80)}`, message });
}
