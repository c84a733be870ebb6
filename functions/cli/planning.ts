/** The configuration that a command plans with, and what its targets say to a request. */
import { explainRoute, type RouteExplanation } from "../../shared/core/explain-route.ts";
import { launcherOf } from "../../shared/core/prepare.ts";
import type { RunRequest } from "../../shared/core/run.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { loadConfiguration } from "../composition/planning.ts";
import { defaultConfiguration } from "../local/default-configuration.ts";
import { configurationName, configurationSetting } from "./connection.ts";
import { about } from "./refusal.ts";

/** A configuration, and what to call it. */
export interface NamedConfiguration {
  readonly name: string;
  readonly configuration: Configuration;
}

/** The configuration of the option, of the environment or of this folder, else the built-in one. Throws `Refusal` with all its errors. */
export async function usedConfiguration(option: string | undefined): Promise<NamedConfiguration> {
  const setting = configurationSetting(option);
  const name = configurationName(setting);
  return { name, configuration: await about(name, async () => loadConfiguration(setting ?? (await defaultConfiguration(process.env)))) };
}

/** What each target says to a request. */
export function explained(configuration: Configuration, request: RunRequest): RouteExplanation {
  return explainRoute(request, { targets: configuration.targets, launcherOf: (target) => launcherOf({ launchers }, target) });
}
