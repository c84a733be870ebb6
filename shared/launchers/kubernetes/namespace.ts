import type { Target } from "../../core/target.ts";
import type { KubernetesSettings } from "./target.ts";

/** The namespace of a target's Jobs. */
export function namespaceOf({ settings }: Target<KubernetesSettings>): string {
  return settings.namespace ?? "default";
}
