import { Refusal } from "./errors.ts";
import type { LauncherDefinition, Plan } from "./launcher.ts";

/** What a launcher still lacks whose targets can be configured and routed to: every launch ends in a refusal that says so. */
export function notYetLaunched<Settings>(
  type: string,
): Pick<LauncherDefinition<string, Settings, Plan, unknown>, "failures" | "inspectSeconds" | "place" | "plan" | "connect"> {
  const refuse = (target: { readonly name: string }): never => {
    throw new Refusal("LAUNCHER_MISSING", {
      path: `targets.${target.name}.type`,
      message: `targets of type ${type} can be configured and routed to, but this version can't launch on them yet`,
    });
  };
  return {
    failures: [],
    inspectSeconds: 60,
    place: () => type,
    plan: (_run, target) => refuse(target),
    connect: async (target) => refuse(target),
  };
}
