/** What routing and planning need: configuration, launchers, templates. No SDK is loaded before a template in an object store is read. */
import { readConfigurationSource } from "../../shared/adapters/configuration-source.ts";
import { gcsTemplates } from "../../shared/adapters/gcs-templates.ts";
import { s3Templates } from "../../shared/adapters/s3-templates.ts";
import { placesFrom } from "../../shared/adapters/template-places.ts";
import { type TemplateSources, templateReader } from "../../shared/adapters/template-reader.ts";
import type { Launcher } from "../../shared/core/launcher.ts";
import type { Planning } from "../../shared/core/prepare.ts";
import type { Configuration, Timing } from "../../shared/core/target.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { readYaml } from "../../shared/schema/json-document.ts";
import { parseSettings, type Settings } from "../../shared/schema/settings.ts";
import { type Embedded, embeddedOptions, serviceOptions } from "./options.ts";

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

/** The configuration that the settings name. Throws `Refusal` with all its errors. */
export async function loadConfiguration(setting: string | undefined, timing?: Timing): Promise<Configuration> {
  if (setting === undefined) throw new Error("SLIPWAY_CONFIG is not set: give it the path of a configuration, or the document itself");
  const source = await readConfigurationSource(setting);
  const configuration = parseConfiguration(readYaml(source.text), launchers, timing === undefined ? {} : { timing });
  const { templates } = configuration;
  return templates === undefined ? configuration : { ...configuration, templates: { from: placesFrom(source.folder, templates.from) } };
}

/** What routing and planning need. */
export function planningOf(configuration: Configuration, services: Planning["services"], from: PlanningSurroundings): Planning {
  const settings = from.settings ?? parseSettings(from.environment);
  const templates = templateReader(configuration.templates?.from ?? [], objectStores(settings, from.embedded?.s3));
  return { configuration, launchers: from.launchers ?? launchers, services, templates };
}

/** Object stores to read templates from; an SDK is loaded with the first template that is in its store. */
function objectStores(settings: Settings, embedded: string | undefined): TemplateSources {
  const s3 = onceMade(async () => {
    const { S3Client } = await import("@aws-sdk/client-s3");
    const endpoint = embedded ?? settings.endpoints.s3;
    return new S3Client({
      ...(embedded === undefined ? serviceOptions(settings, endpoint) : embeddedOptions(embedded)),
      maxAttempts: 3,
      // An emulator's buckets have no host names of their own.
      forcePathStyle: endpoint !== undefined,
      followRegionRedirects: true,
      requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000 },
    });
  });
  const gs = onceMade(async () => {
    const { Storage } = await import("@google-cloud/storage");
    const emulator = settings.storageEmulator?.replace(/\/storage\/v1\/?$/, "");
    return new Storage({
      ...(emulator === undefined ? {} : { apiEndpoint: emulator }),
      timeout: 4_000,
      retryOptions: { maxRetries: 2, totalTimeout: 5, maxRetryDelay: 1 },
    });
  });
  return { s3: s3Templates(s3), gs: gcsTemplates(gs) };
}

/** Makes something on first use; again where that failed. */
function onceMade<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
