/** Whether something on a Docker host is ours, which its labels say: a name proves nothing. */
import type { Launch } from "../../core/launcher.ts";
import { OWN_TAGS } from "../../core/tags.ts";

/** By which plan a container was made. */
export const PLAN_LABEL = "slipway:plan";
/** Why an attempt was asked to stop: on the volume that remembers it. */
export const STOPPED_LABEL = "slipway:stopped";
/** The container that it was. */
export const CONTAINER_LABEL = "slipway:container";

type Labels = Readonly<Record<string, string>>;

/** Whether a container is the one of a launch: of its deployment, run and attempt, and made by its plan. */
export function isOfLaunch(labels: Labels, { deployment, id, key, attempt, planDigest }: Launch): boolean {
  return (
    isOfAttempt(labels, { key, attempt }) &&
    labels[OWN_TAGS.deployment] === deployment &&
    labels[OWN_TAGS.runId] === id &&
    labels[PLAN_LABEL] === planDigest
  );
}

/** Whether something belongs to an attempt. */
export function isOfAttempt(labels: Labels, { key, attempt }: { readonly key: string; readonly attempt: number }): boolean {
  return labels[OWN_TAGS.key] === key && labels[OWN_TAGS.attempt] === String(attempt) && labels[PLAN_LABEL] !== undefined;
}

/** The labels that a container gets beside those of its plan. */
export function planLabels(launch: Launch): Labels {
  return { [PLAN_LABEL]: launch.planDigest };
}
