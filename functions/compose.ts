/** The composition root: environment → configuration → adapters → what the rules use. Clients are made here and in `composition/` only. */
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { systemClock } from "../shared/adapters/clock.ts";
import { expireItems } from "../shared/adapters/embedded-expiry.ts";
import { eventBridgeBus } from "../shared/adapters/event-bus.ts";
import type { GoogleIdentity } from "../shared/adapters/google-identity.ts";
import { dynamoLeaseLock, type LeaseLock } from "../shared/adapters/lease-lock.ts";
import { jsonLog, type Log } from "../shared/adapters/log.ts";
import { embeddedMetrics, type Metrics, noMetrics } from "../shared/adapters/metrics.ts";
import { dynamoQuarantine } from "../shared/adapters/quarantine.ts";
import { type QueueConsumer, sqsConsumer } from "../shared/adapters/queue-consumer.ts";
import type { RequestReader } from "../shared/adapters/request-reader.ts";
import { type RunPage, type RunQuery, runPage } from "../shared/adapters/run-list.ts";
import { dynamoRunStore } from "../shared/adapters/run-store.ts";
import { dynamoScheduleStore } from "../shared/adapters/schedule-store.ts";
import type { SecretReader } from "../shared/adapters/secrets.ts";
import { dynamoSharedNames } from "../shared/adapters/shared-names.ts";
import { stateId } from "../shared/adapters/state-id.ts";
import { textKeeper } from "../shared/adapters/text-keeper.ts";
import { dynamoTurns } from "../shared/adapters/turns.ts";
import { dynamoUsedIds, type UsedIds } from "../shared/adapters/used-ids.ts";
import type { Context } from "../shared/core/context.ts";
import { StateUnavailable } from "../shared/core/errors.ts";
import { late } from "../shared/core/late.ts";
import type { Backend, Launched, Observation, Services } from "../shared/core/launcher.ts";
import { observe } from "../shared/core/observe.ts";
import type { Backends, Clock } from "../shared/core/ports.ts";
import { launcherOf } from "../shared/core/prepare.ts";
import { publishingStore } from "../shared/core/publish.ts";
import type { Http, HttpToken, Target, Timing } from "../shared/core/target.ts";
import type { TickContext } from "../shared/core/tick.ts";
import { readJson } from "../shared/schema/json-document.ts";
import { parseRunRequest } from "../shared/schema/run-request.ts";
import { parseSettings } from "../shared/schema/settings.ts";
import { clients, eventBridge, type RequestHandler } from "./composition/clients.ts";
import { callersOf } from "./composition/google.ts";
import { payloadsOf } from "./composition/payloads.ts";
import { type EnvironmentVariables, loadConfiguration, type PlanningSurroundings, planningOf, requestsOf } from "./composition/planning.ts";
import { queueOf } from "./composition/queue.ts";
import { dueTimesOf } from "./composition/schedules.ts";
import { secretsOf } from "./composition/secrets.ts";

/** What the entry points work with. */
export interface Composition {
  readonly context: Context;
  readonly log: Log;
  readonly sweepLock: LeaseLock;
  /** Absent for Pub/Sub, which pushes. */
  readonly consumer?: QueueConsumer;
  /** Messages that were delivered too often, where no platform hands them to a function. */
  readonly deadLetters?: QueueConsumer;
  /** Whose messages and ticks are taken, on Google Cloud; absent: nobody's. */
  readonly callers?: GoogleIdentity;
  readonly metrics: Metrics;
  /** Who may use the HTTP interface, and how their secrets are read. */
  readonly http: Http;
  readonly secret: SecretReader;
  /** Removes what has expired, where the table does not do so itself. Answers how many items it was. */
  readonly expire?: () => Promise<number>;
  /** What the tick over the schedules works with. */
  readonly schedules: TickContext;
  /** Puts a message on the queue. Throws `StateUnavailable`. */
  readonly send: (body: string) => Promise<string>;
  /** What each id of a signed message was used for. */
  readonly usedIds: UsedIds;
  /** Reads the request that a message points to. */
  readonly readRequest: RequestReader;
  /** The list of runs, newest first. */
  readonly listRuns: (query: RunQuery) => Promise<RunPage>;
}

/** What the composition is made of. */
export interface Surroundings extends PlanningSurroundings {
  /** Also what local processes inherit, and where `env:` secrets are. */
  readonly environment: EnvironmentVariables;
  /** Defaults for what the configuration leaves out. */
  readonly timing?: Timing;
  readonly log?: Log;
  /** What carries the requests to table and queue, in place of the SDK's own. */
  readonly requestHandler?: RequestHandler;
  readonly clock?: Clock;
  /** Names each message processed. */
  readonly newOwner?: () => string;
  /** Tokens of the HTTP interface besides the configuration's. */
  readonly httpTokens?: readonly HttpToken[];
  /** URL of the keys that Google signs its callers' tokens with, in place of Google's. */
  readonly certificates?: string;
  /** Names the state folder, in place of the name that is kept in it. */
  readonly stateId?: string;
}

/** Where events go when nothing else is said: standard output. */
export const fallbackLog: () => Log = late(() => jsonLog("info"));

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

/** Makes all clients and adapters, once more for each call. */
export async function compose(from: Surroundings): Promise<Composition> {
  const clock = from.clock ?? systemClock;
  const settings = from.settings ?? parseSettings(from.environment);
  const configuration = await loadConfiguration(settings.config, from.timing, settings);
  const table = settings.table ?? configuration.table;
  const queue = settings.queue ?? configuration.queue;
  if (table === undefined) throw new Error("no run table is named: set SLIPWAY_TABLE, or `table` in the configuration");
  if (queue === undefined) throw new Error("no queue is named: set SLIPWAY_QUEUE, or `queue` in the configuration");
  const log = from.log ?? fallbackLog();
  const { dynamodb, documents, sqs } = clients(settings, from.embedded ?? {}, from.requestHandler);
  const { send, wakeQueue, consumer } = queueOf(sqs, queue);
  const callers = callersOf(settings, from.certificates);
  const folder = settings.isFunction ? undefined : resolve(settings.state ?? ".slipway");
  const named = folder === undefined ? {} : { stateId: from.stateId ?? (await stateId(folder)) };
  const failed = (event: string) => (error: unknown) => log.warn({ error: error instanceof Error ? error.message : "not an error" }, event);
  const secret = secretsOf(settings, from.environment, clock.now);
  const payloads = payloadsOf(settings, settings.payloads ?? configuration.payloads ?? from.embedded?.payloads, from.embedded);
  const keeper = textKeeper(payloads);
  const shared = dynamoSharedNames(documents, table);
  const servicesOf = (target: Target): Services => ({
    environment: from.environment,
    stateFolder: folder,
    ...named,
    isFunction: settings.isFunction,
    now: clock.now,
    sleep: clock.sleep,
    shared,
    secret,
    // Neither is needed for the run to go on: the sweep asks about every run in its time, and wakes what waits.
    observed: (launched: Launched, observation: Observation) => {
      const { inspectSeconds } = launcherOf(context.planning, target);
      void observe(context, launched, observation, inspectSeconds).catch(failed("an observation was not recorded"));
    },
    roomFor: (id: string) => void wakeQueue.wake([id]).catch(failed("a waiting run was not woken")),
  });
  const { deployment } = configuration;
  const notify = settings.notify ?? configuration.notify;
  const bus = notify === undefined ? undefined : eventBridgeBus(eventBridge(settings, from.embedded ?? {}, from.requestHandler), notify);
  const plain = dynamoRunStore(dynamodb, table);
  const store =
    bus === undefined
      ? plain
      : publishingStore({ store: plain, bus, deployment }, clock.now, failed("a state change was not published yet"));
  const context: Context = {
    planning: await planningOf(configuration, { stateFolder: folder, ...named }, from),
    store,
    ...(bus === undefined ? {} : { bus }),
    queue: wakeQueue,
    turns: dynamoTurns(documents, table),
    quarantine: dynamoQuarantine(documents, table, keeper),
    requests: {
      seal: (text, key) => keeper.keep(text, `requests/${key}`),
      open: async (sealed, id) => parseRunRequest(readJson(await keeper.open(sealed)), id),
    },
    backends: oncePerTarget((target) => launcherOf(context.planning, target).connect(target, servicesOf(target))),
    clock,
    newOwner: from.newOwner ?? randomUUID,
  };
  const { tokens = [], webhooks = [] } = configuration.http ?? {};
  return {
    context,
    log,
    sweepLock: dynamoLeaseLock(documents, table, "sweep"),
    ...(consumer === undefined ? {} : { consumer }),
    ...(from.embedded?.deadLetters === undefined ? {} : { deadLetters: sqsConsumer(sqs, from.embedded.deadLetters) }),
    ...(callers === undefined ? {} : { callers }),
    metrics: settings.isLambda ? await embeddedMetrics(configuration.deployment) : noMetrics,
    http: { tokens: [...tokens, ...(from.httpTokens ?? [])], webhooks },
    secret,
    ...(from.embedded?.dynamodb === undefined ? {} : { expire: () => expireItems(documents, table, payloads, clock.now()) }),
    schedules: {
      schedules: configuration.schedules ?? [],
      store: dynamoScheduleStore(documents, table),
      clock,
      dueTimes: dueTimesOf,
      send,
    },
    send,
    usedIds: dynamoUsedIds(documents, table),
    readRequest: requestsOf(settings, configuration, from.embedded),
    listRuns: (query) =>
      runPage(dynamodb, table, query).catch((cause: unknown) => {
        throw new StateUnavailable("the list of runs could not be read", { cause });
      }),
  };
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
