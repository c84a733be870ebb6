/** The composition root: environment → configuration → adapters → what the rules use. The only place that makes clients. */
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { systemClock } from "../shared/adapters/clock.ts";
import { readConfigurationSource } from "../shared/adapters/configuration-source.ts";
import { ensureQueue } from "../shared/adapters/embedded-queue.ts";
import { ensureTable, repairActiveIndex } from "../shared/adapters/embedded-table.ts";
import { gcsTemplates } from "../shared/adapters/gcs-templates.ts";
import { dynamoLeaseLock, type LeaseLock } from "../shared/adapters/lease-lock.ts";
import { jsonLog, type Log, logFile } from "../shared/adapters/log.ts";
import { dynamoQuarantine } from "../shared/adapters/quarantine.ts";
import { type QueueConsumer, sqsConsumer } from "../shared/adapters/queue-consumer.ts";
import { sqsSender } from "../shared/adapters/queue-sender.ts";
import { recentRuns } from "../shared/adapters/run-list.ts";
import { dynamoRunStore } from "../shared/adapters/run-store.ts";
import { s3Templates } from "../shared/adapters/s3-templates.ts";
import { openText, sealText } from "../shared/adapters/seal.ts";
import { secretReader } from "../shared/adapters/secrets.ts";
import { dynamoSharedNames } from "../shared/adapters/shared-names.ts";
import { placesFrom } from "../shared/adapters/template-places.ts";
import { type TemplateSources, templateReader } from "../shared/adapters/template-reader.ts";
import { sqsWakeQueue } from "../shared/adapters/wake-queue.ts";
import type { Context } from "../shared/core/context.ts";
import { StateUnavailable } from "../shared/core/errors.ts";
import type { Backend, Launched, Launcher, Observation, Services } from "../shared/core/launcher.ts";
import { observe } from "../shared/core/observe.ts";
import type { Backends, Clock, RunStore } from "../shared/core/ports.ts";
import { launcherOf, type Planning } from "../shared/core/prepare.ts";
import type { RunSummary } from "../shared/core/record.ts";
import type { Configuration, Target, Timing } from "../shared/core/target.ts";
import { launchers } from "../shared/launchers/registry.ts";
import { parseConfiguration } from "../shared/schema/configuration.ts";
import { readJson, readYaml } from "../shared/schema/json-document.ts";
import { parseRunRequest } from "../shared/schema/run-request.ts";
import { parseSettings, type Settings } from "../shared/schema/settings.ts";

/** An environment: the process's own, or one made for the embedded stack. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** What the entry points work with. */
export interface Composition {
  readonly context: Context;
  readonly log: Log;
  readonly sweepLock: LeaseLock;
  readonly consumer: QueueConsumer;
}

/** Table and queue, without a configuration or a launcher: all that the command line needs of a running Slipway. */
export interface State {
  readonly store: RunStore;
  /** Sends a message to the queue; answers the id that the queue gave it. */
  send(body: string): Promise<string>;
  recent(query: { days: number; limit: number; where?: (run: RunSummary) => boolean }): Promise<readonly RunSummary[]>;
}

/** Where the emulators of an embedded stack answer; a service that is not named is the real one. */
export interface Embedded {
  readonly dynamodb?: string;
  readonly sqs?: string;
  readonly s3?: string;
}

const EMBEDDED_TABLE = "slipway-runs";
/** Region that the emulators are told. */
export const EMBEDDED_REGION = "us-east-1";

/** What the composition is made of. */
export interface Surroundings {
  /** Also what local processes inherit, and where `env:` secrets are. */
  readonly environment: EnvironmentVariables;
  /** In place of what the environment says. */
  readonly settings?: Settings;
  readonly embedded?: Embedded;
  /** Defaults for what the configuration leaves out. */
  readonly timing?: Timing;
  readonly log?: Log;
  /** What carries the requests to table and queue, in place of the SDK's own. */
  readonly requestHandler?: NonNullable<DynamoDBClientConfig["requestHandler"]>;
  readonly clock?: Clock;
  /** Names each message processed. */
  readonly newOwner?: () => string;
  /** In place of the registry's. */
  readonly launchers?: Readonly<Record<string, Launcher>>;
}

/** Where events go when nothing else is said: standard output. */
export const fallbackLog: Log = jsonLog("info");

/** Events as lines of a file, for a terminal that is to stay readable. */
export function fileLog(path: string): Log {
  return jsonLog("info", logFile(path));
}

let surroundings: Surroundings = { environment: process.env };
let composed: Promise<Composition> | undefined;

/** Composes from other surroundings than the process's environment, from the next event on. */
export function composeFrom(other: Surroundings): void {
  surroundings = other;
  composed = undefined;
}

/** What the surroundings make; made once, and again after a failure. */
export function composition(): Promise<Composition> {
  composed ??= compose(surroundings).catch((error: unknown) => {
    composed = undefined;
    throw error;
  });
  return composed;
}

/** The configuration that the settings name. Throws `Refusal` with all its errors. */
export async function loadConfiguration(setting: string | undefined, timing?: Timing): Promise<Configuration> {
  if (setting === undefined) throw new Error("SLIPWAY_CONFIG is not set: give it the path of a configuration, or the document itself");
  const source = await readConfigurationSource(setting);
  const configuration = parseConfiguration(readYaml(source.text), launchers, timing === undefined ? {} : { timing });
  const { templates } = configuration;
  return templates === undefined ? configuration : { ...configuration, templates: { from: placesFrom(source.folder, templates.from) } };
}

/** Opens the table and the queue. */
export function openState(settings: Settings, table: string, queue: string, embedded: Embedded = {}): State {
  const { dynamodb, sqs } = clients(settings, embedded);
  return {
    store: dynamoRunStore(dynamodb, table),
    send: (body) => sqsSender(sqs, queue)(body).catch(unavailable("the queue could not be written")),
    recent: (query) =>
      recentRuns(dynamodb, table, { now: systemClock.now(), ...query }).catch(unavailable("the run table could not be read")),
  };
}

function unavailable(message: string): (cause: unknown) => never {
  return (cause) => {
    throw new StateUnavailable(message, { cause });
  };
}

/** Makes the run table in the emulator, and mends its index after a kill. Answers its name. */
export async function prepareEmbeddedTable(endpoint: string, { repair }: { repair: boolean }): Promise<string> {
  const client = new DynamoDBClient(embeddedOptions(endpoint));
  await ensureTable(client, EMBEDDED_TABLE);
  if (repair) await repairActiveIndex(client, EMBEDDED_TABLE);
  client.destroy();
  return EMBEDDED_TABLE;
}

/** Makes the queue in the emulator. Answers its URL. */
export async function prepareEmbeddedQueue(endpoint: string, visibilitySeconds: number): Promise<string> {
  const client = new SQSClient(embeddedOptions(endpoint));
  const queue = await ensureQueue(client, visibilitySeconds);
  client.destroy();
  // The emulator names a host as AWS does (sqs.us-east-1.127.0.0.1), which no resolver knows here, and which is no valid URL's.
  return new URL(queue.replace(/^https?:\/\/[^/]+/, ""), endpoint).href;
}

/** What routing and planning need. */
export function planningOf(configuration: Configuration, stateFolder: string | undefined, from: Surroundings = surroundings): Planning {
  const settings = from.settings ?? parseSettings(from.environment);
  const templates = templateReader(configuration.templates?.from ?? [], objectStores(settings, from.embedded?.s3));
  return { configuration, launchers: from.launchers ?? launchers, services: { stateFolder }, templates };
}

/** Makes all clients and adapters, once more for each call. */
export async function compose(from: Surroundings): Promise<Composition> {
  const clock = from.clock ?? systemClock;
  const settings = from.settings ?? parseSettings(from.environment);
  const configuration = await loadConfiguration(settings.config, from.timing);
  const table = settings.table ?? configuration.table;
  const queue = settings.queue ?? configuration.queue;
  if (table === undefined) throw new Error("no run table is named: set SLIPWAY_TABLE, or `table` in the configuration");
  if (queue === undefined) throw new Error("no queue is named: set SLIPWAY_QUEUE, or `queue` in the configuration");
  const log = from.log ?? fallbackLog;
  const { dynamodb, documents, sqs } = clients(settings, from.embedded ?? {}, from.requestHandler);
  const wakeQueue = sqsWakeQueue(sqs, queue);
  const folder = settings.isFunction ? undefined : resolve(settings.state ?? ".slipway");
  const failed = (event: string) => (error: unknown) => log.warn({ error: error instanceof Error ? error.message : "not an error" }, event);
  const shared = dynamoSharedNames(documents, table);
  const servicesOf = (target: Target): Services => ({
    environment: from.environment,
    stateFolder: folder,
    isFunction: settings.isFunction,
    now: clock.now,
    sleep: clock.sleep,
    shared,
    secret: secretReader(from.environment),
    // Neither is needed for the run to go on: the sweep asks about every run in its time, and wakes what waits.
    observed: (launched: Launched, observation: Observation) => {
      const { inspectSeconds } = launcherOf(context.planning, target);
      void observe(context, launched, observation, inspectSeconds).catch(failed("an observation was not recorded"));
    },
    roomFor: (id: string) => void wakeQueue.wake([id]).catch(failed("a waiting run was not woken")),
  });
  const context: Context = {
    planning: planningOf(configuration, folder, from),
    store: dynamoRunStore(dynamodb, table),
    queue: wakeQueue,
    quarantine: dynamoQuarantine(documents, table),
    requests: { seal: sealText, open: (sealed, id) => parseRunRequest(readJson(openText(sealed)), id) },
    backends: oncePerTarget((target) => launcherOf(context.planning, target).connect(target, servicesOf(target))),
    clock,
    newOwner: from.newOwner ?? randomUUID,
  };
  return { context, log, sweepLock: dynamoLeaseLock(documents, table, "sweep"), consumer: sqsConsumer(sqs, queue) };
}

/** Connects each target on its first use; a connection that failed is tried again on the next. */
function oncePerTarget(connect: Backends): Backends {
  const connected = new Map<string, Promise<Backend>>();
  return (target) => {
    const backend = connected.get(target.name) ?? connect(target);
    connected.set(target.name, backend);
    backend.catch(() => connected.delete(target.name));
    return backend;
  };
}

/** The SDK's middleware that prepares each call for a log that nobody asked for: a twentieth of a launch's CPU. */
const CALL_LOG = "loggerMiddleware";

function clients(
  settings: Settings,
  embedded: Embedded,
  requestHandler?: Surroundings["requestHandler"],
): { dynamodb: DynamoDBClient; documents: DynamoDBDocumentClient; sqs: SQSClient } {
  const carried = requestHandler === undefined ? {} : { requestHandler };
  const options = (emulator: string | undefined, endpoint: string | undefined) => ({
    ...(emulator === undefined ? serviceOptions(settings, endpoint) : embeddedOptions(emulator)),
    ...carried,
  });
  const dynamodb = new DynamoDBClient(options(embedded.dynamodb, settings.endpoints.dynamodb));
  const sqs = new SQSClient(options(embedded.sqs, settings.endpoints.sqs));
  for (const client of [dynamodb, sqs]) client.middlewareStack.remove(CALL_LOG);
  return { dynamodb, documents: DynamoDBDocumentClient.from(dynamodb), sqs };
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

function serviceOptions(settings: Settings, endpoint: string | undefined) {
  return {
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 5,
  };
}

function embeddedOptions(endpoint: string) {
  return { endpoint, region: EMBEDDED_REGION, credentials: { accessKeyId: "embedded", secretAccessKey: "embedded" } };
}
