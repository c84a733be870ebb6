/** What routing and planning need: configuration, launchers, templates. No SDK is loaded before a template in an object store is read. */
import { readConfigurationSource } from "../../shared/adapters/configuration-source.ts";
import { gcsTemplates } from "../../shared/adapters/gcs-templates.ts";
import { type RequestReader, requestReader } from "../../shared/adapters/request-reader.ts";
import { s3Templates } from "../../shared/adapters/s3-templates.ts";
import { placesFrom } from "../../shared/adapters/template-places.ts";
import { templateReader } from "../../shared/adapters/template-reader.ts";
import { isList, isObject, type Json } from "../../shared/core/json.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import type { Planning } from "../../shared/core/prepare.ts";
import type { Configuration, Timing } from "../../shared/core/target.ts";
import { launchersFor } from "../../shared/launchers/on-demand.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readYaml } from "../../shared/schema/json-document.ts";
import { parseSettings, type Settings } from "../../shared/schema/settings.ts";
import { objectStores } from "./object-stores.ts";
import type { Embedded } from "./options.ts";

/** An environment: the process's own, or one made for the embedded stack. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** What planning is made of. */
export interface PlanningSurroundings {
  readonly environment: EnvironmentVariables;
  /** In place of what the environment says. */
  readonly settings?: Settings;
  readonly embedded?: Embedded;
  /** In place of the registry's. */
  readonly launchers?: Readonly<Record<string, Launcher>>;
}

/** The configuration at a path or URL, or the document itself. `settings` say where object stores answer. Throws `Refusal` with all its errors. */
export async function loadConfiguration(
  setting: string | undefined,
  timing?: Timing,
  settings = parseSettings(process.env),
): Promise<Configuration> {
  if (setting === undefined) throw new Error("SLIPWAY_CONFIG is not set: give it the path of a configuration, or the document itself");
  const { s3, gs } = objectStores(settings, undefined);
  const source = await readConfigurationSource(setting, { s3: s3Templates(s3), gs: gcsTemplates(gs) });
  const document = readYaml(source.text);
  const launchers = await launchersFor(typesIn(document));
  const configuration = parseConfiguration(document, launchers, timing === undefined ? {} : { timing });
  const { templates } = configuration;
  return templates === undefined ? configuration : { ...configuration, templates: { from: placesFrom(source.folder, templates.from) } };
}

function typesIn(document: Json): readonly unknown[] {
  const targets = isObject(document) ? document["targets"] : undefined;
  return targets !== undefined && isList(targets) ? targets.map((target) => (isObject(target) ? target["type"] : undefined)) : [];
}

/** What routing and planning need; of the launchers, those that the configuration has targets of. */
export async function planningOf(
  configuration: Configuration,
  services: Planning["services"],
  from: PlanningSurroundings,
): Promise<Planning> {
  const settings = from.settings ?? parseSettings(from.environment);
  const { s3, gs } = objectStores(settings, from.embedded?.s3);
  const templates = templateReader(configuration.templates?.from ?? [], { s3: s3Templates(s3), gs: gcsTemplates(gs) });
  const launchers = from.launchers ?? (await launchersFor(configuration.targets.map(({ type }) => type)));
  return { configuration, launchers, services, templates };
}

/** Reads the requests that messages point to. */
export function requestsOf(settings: Settings, { requests }: Configuration, embedded: Embedded | undefined): RequestReader {
  const { s3, gs } = objectStores(settings, embedded?.s3);
  return requestReader(requests?.from ?? [], { s3: s3Templates(s3), gs: gcsTemplates(gs) });
}
