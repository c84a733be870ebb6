/** The embedded stack behind `npm start`: the very handlers of the cloud, fed with real event shapes by emulators of this machine. */
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Log } from "../../shared/adapters/log.ts";
import { wakeWaitingForRoom } from "../../shared/core/room.ts";
import type { Configuration, Timing } from "../../shared/core/target.ts";
import { parseSettings } from "../../shared/schema/settings.ts";
import { composeFrom, composition } from "../compose.ts";
import { embeddedDeadLetters, prepareEmbeddedPayloads, prepareEmbeddedQueue, prepareEmbeddedTable } from "../composition/embedded.ts";
import { EMBEDDED_REGION as REGION } from "../composition/options.ts";
import { type EnvironmentVariables, loadConfiguration } from "../composition/planning.ts";
import { handler as keepDeadLetters } from "../dead-letters.ts";
import { handler as dispatch } from "../dispatch.ts";
import { httpApp } from "../http/app.ts";
import { handler as schedule } from "../schedule.ts";
import { handler as sweep } from "../sweep.ts";
import { defaultConfiguration } from "./default-configuration.ts";
import { startEmulators } from "./emulators.ts";
import { lockFolder } from "./folder-lock.ts";
import { serveHttp, socketAddress } from "./http-server.ts";
import { type HttpTokenFile, httpTokenFile } from "./http-token.ts";
import { lambdaContext } from "./lambda-context.ts";
import { feedFromQueue } from "./queue-feed.ts";
import { isRunning, readStackFile, removeStackFile, type StackFile, writeStackFile } from "./stack-file.ts";
import { tick } from "./ticker.ts";

/** Durations that suit a laptop, in seconds. */
export const LOCAL_TIMING: Timing = { deadlineSeconds: 10, leaseSlackSeconds: 3, sweepSeconds: 1, visibilitySeconds: 15, waitScale: 1 };

/** What the functions besides dispatch have. */
const FUNCTION_SECONDS = 30;

/** How often what has expired is removed, and what hardly ever happens is looked for. */
const RARELY_SECONDS = 3600;

/** A running stack. */
export interface Stack {
  readonly file: StackFile;
  readonly configuration: Configuration;
  /** The token of its HTTP interface. */
  readonly httpToken: HttpTokenFile;
  /** Its HTTP interface answers at another port than it usually does. */
  readonly isUsualPortTaken: boolean;
  stop(): Promise<void>;
}

/** What the stack is started with. */
export interface StackOptions {
  /** Where data, records and logs of local runs are kept. */
  readonly folder: string;
  readonly environment: EnvironmentVariables;
  /** Path of a configuration, or the document; the built-in one where absent. */
  readonly config: string | undefined;
  readonly log: Log;
  /** Where the HTTP interface answers; the usual port, or a free one, where absent. */
  readonly port?: number | undefined;
}

/** Another stack works on the same folder. */
export class StackRunning extends Error {
  override readonly name = "StackRunning";
}

/** The configured queue is one that this machine can't read. */
export class QueueNotHere extends Error {
  override readonly name = "QueueNotHere";
}

/** Starts emulators, handlers and clock. The queue and table of the configuration, where it names any, take the place of the emulators'. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = resolve(options.folder);
  const before = await readStackFile(folder);
  if (before !== undefined && before.pid !== process.pid && (await isRunning(before))) {
    throw new StackRunning(`Slipway already runs in this folder, as process ${before.pid}; stop that one first (state: ${folder})`);
  }
  const config = options.config ?? (await defaultConfiguration(options.environment));
  const configuration = await loadConfiguration(config, LOCAL_TIMING, parseSettings(options.environment));
  await mkdir(folder, { recursive: true });
  const lock = lockFolder(folder);
  if (lock === undefined) throw new StackRunning(`Slipway is just being started in this folder, by another process (state: ${folder})`);
  const running: Stoppable[] = [lock];
  let httpToken: HttpTokenFile | undefined;
  try {
    httpToken = await httpTokenFile(folder);
    const { file: started, isUsualPortTaken } = await startIn(folder, { ...options, config }, configuration, {
      running,
      repair: before !== undefined,
      httpToken,
    });
    const file = options.config === undefined ? started : { ...started, config: options.config };
    await writeStackFile(folder, file);
    return {
      file,
      configuration,
      httpToken,
      isUsualPortTaken,
      async stop() {
        await stopAll(running);
        await removeStackFile(folder);
      },
    };
  } catch (error) {
    // A token that was made is told by a start that comes up: the next one makes another.
    if (httpToken?.made !== undefined) await rm(httpToken.path, { force: true });
    // What was started would keep the process alive, and nobody could use it.
    await stopAll(running);
    throw error;
  }
}

/** Something that runs until it is stopped. */
interface Stoppable {
  stop(): Promise<void>;
}

/** Last started, first stopped: what feeds on the emulators ends before them. */
async function stopAll(running: readonly Stoppable[]): Promise<void> {
  for (const part of running.toReversed()) await part.stop();
}

/** Starts all parts, and notes each in `running` as soon as it runs. */
async function startIn(
  folder: string,
  { environment, log, config, port }: StackOptions & { readonly config: string },
  configuration: Configuration,
  { running, repair, httpToken }: { readonly running: Stoppable[]; readonly repair: boolean; readonly httpToken: HttpTokenFile },
): Promise<{ readonly file: StackFile; readonly isUsualPortTaken: boolean }> {
  const { timing } = configuration;
  const emulators = await startEmulators(join(folder, "data"));
  running.push(emulators);
  const settings = parseSettings(environment);
  // A table or queue that is named is the one; the emulators stand in for those that are not.
  const ownTable = settings.table ?? configuration.table;
  const ownQueue = settings.queue ?? configuration.queue;
  const embedded = {
    ...(ownTable === undefined ? { dynamodb: emulators.endpoints.dynamodb } : {}),
    ...(ownQueue === undefined ? { sqs: emulators.endpoints.sqs } : {}),
    // With a table of its own this is a dispatcher at work, whose templates are where its table is.
    ...(ownTable === undefined && settings.endpoints.s3 === undefined ? { s3: emulators.endpoints.s3 } : {}),
  };
  const table = ownTable ?? (await prepareEmbeddedTable(emulators.endpoints.dynamodb, { repair }));
  const queue = ownQueue ?? (await prepareEmbeddedQueue(emulators.endpoints.sqs, timing.visibilitySeconds));
  const deadLetters = ownQueue === undefined ? { deadLetters: await embeddedDeadLetters(emulators.endpoints.sqs) } : {};
  const payloads = embedded.s3 === undefined ? {} : { payloads: await prepareEmbeddedPayloads(embedded.s3, configuration.payloads) };
  composeFrom({
    environment,
    settings: { ...settings, config, table, queue, state: folder },
    embedded: { ...embedded, ...payloads, ...deadLetters },
    timing: LOCAL_TIMING,
    log,
    httpTokens: [{ name: "npm-start", secret: `file:${httpToken.path}`, may: ["submit", "read", "cancel"], targets: ["*"] }],
  });
  const { consumer, context, deadLetters: undelivered, expire } = await composition();
  if (consumer === undefined)
    throw new QueueNotHere("npm start takes messages from SQS queues; a Pub/Sub topic pushes its own to functions");
  const failed = (event: string) => (error: unknown) =>
    log.error({ error: error instanceof Error ? error.message : "not an error" }, event);
  // Any key will do: what counts is that the table answers.
  const ready = () => context.store.read("ready");
  await wakeWaitingForRoom(context).catch(failed("runs that wait for room were not woken"));
  running.push(
    feedFromQueue({
      consumer,
      handle: (event) => dispatch(event, lambdaContext("dispatch", timing.deadlineSeconds)),
      ready,
      waitScale: timing.waitScale,
      failed: failed("the queue could not be read"),
    }),
    ...(undelivered === undefined
      ? []
      : [
          feedFromQueue({
            consumer: undelivered,
            handle: (event) => keepDeadLetters(event, lambdaContext("dead-letters", FUNCTION_SECONDS)),
            ready,
            waitScale: timing.waitScale,
            failed: failed("the queue of dead letters could not be read"),
          }),
        ]),
    tick(
      timing.sweepSeconds,
      () => sweep(scheduledEvent("slipway-minute"), lambdaContext("sweep", Math.max(2, timing.sweepSeconds))),
      failed("the sweep failed"),
    ),
    tick(
      // Without schedules there is only to note, once, that those of before are gone.
      configuration.schedules === undefined ? RARELY_SECONDS : timing.sweepSeconds,
      () => schedule(scheduledEvent("slipway-schedules"), lambdaContext("schedule", FUNCTION_SECONDS)),
      failed("the schedules failed"),
    ),
    ...(expire === undefined ? [] : [tick(RARELY_SECONDS, expire, failed("what has expired could not be removed"))]),
  );
  const http = await serveHttp(httpApp(composition, socketAddress), port);
  running.push(http);
  const endpoints = { ...emulators.endpoints, http: http.url };
  const file = { pid: process.pid, started_at: new Date().toISOString(), region: REGION, endpoints, table, queue };
  return { file, isUsualPortTaken: http.isUsualPortTaken };
}

function scheduledEvent(rule: string) {
  return {
    id: crypto.randomUUID(),
    version: "0",
    account: "000000000000",
    time: new Date().toISOString(),
    region: REGION,
    resources: [`arn:aws:events:us-east-1:000000000000:rule/${rule}`],
    source: "aws.events",
    "detail-type": "Scheduled Event" as const,
    detail: {},
  };
}
