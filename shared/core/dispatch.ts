/** The launch protocol's entry: what a message does to a run. A message is only a wake-up; the table holds the run. */
import { attemptOf, judge } from "./attempt.ts";
import { type Context, expiresAt, type Invocation, launchesUntil } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import { Refusal } from "./errors.ts";
import { runKey, shardOf } from "./identity.ts";
import { canonicalJson, type JsonObject } from "./json.ts";
import { launch } from "./launch.ts";
import type { RunRecord } from "./record.ts";
import type { RunRequest } from "./run.ts";
import { wake } from "./wake.ts";
import { claimNew, endNew } from "./writes/claim.ts";
import { cancelTombstone } from "./writes/operate.ts";
import type { NewRun } from "./writes/parts.ts";

/** A request that came whole. */
export interface RequestMessage {
  /** The request as it was sent, unwrapped. */
  readonly document: JsonObject;
  readonly request: RunRequest;
  readonly digest: string;
  /** Where it came from, for quarantine. */
  readonly source: string;
  readonly senderTargets?: readonly string[];
}

/** How many parts the index of active runs, and the index of recent ones for each day, have. */
export const ACTIVE_SHARDS = 16;
export const RECENT_SHARDS = 4;

/** Launches the run of a full message; where the table knows it already, goes on with it instead. */
export async function dispatchRequest(context: Context, message: RequestMessage, invocation: Invocation): Promise<Dispatched> {
  const { request } = message;
  const now = context.clock.now();
  if (now >= launchesUntil(context, invocation)) return { outcome: "no time", id: request.id };
  const run = newRun(context, message, now);
  const key = runKey(request.id);
  const verdict = await judge(context, request, message.senderTargets, now);
  if (verdict.kind === "ended") {
    const result = await context.store.write(key, endNew(run, verdict.state, verdict.error, now, expiresAt(context, now)));
    if (!result.applied) return meet(context, message, run, result.item, invocation);
    return { ...facts(result.item), outcome: verdict.state === "REJECTED" ? "rejected" : "expired", code: verdict.error.code };
  }
  const attempt = attemptOf(context, verdict.prepared, 1, now, invocation);
  const claimed = await context.store.write(key, claimNew(run, attempt));
  // The SDK repeats a write whose answer was lost: a refused claim whose item carries our owner is our own success.
  if (!claimed.applied && claimed.item?.owner !== attempt.owner) return meet(context, message, run, claimed.item, invocation);
  return launch(context, claimed.item as RunRecord, request, verdict.prepared, invocation);
}

/** Largest sealed request that an item keeps, and how much of the names that lists show. */
const LARGEST_SEALED = 200_000;
const LONGEST_SHOWN = 256;
const MOST_LABELS = 50;

/** A run as the table first has it. Throws `Refusal` TOO_LARGE where the table could not keep its request. */
function newRun(context: Context, message: RequestMessage, now: number): NewRun {
  const { request, digest, document, senderTargets } = message;
  const key = runKey(request.id);
  const sealed = context.requests.seal(JSON.stringify(document));
  if (sealed.length > LARGEST_SEALED) {
    const message = `the request has ${sealed.length} bytes when compressed, and ${LARGEST_SEALED} can be kept; put what is large into storage, and its address into the request`;
    throw new Refusal("TOO_LARGE", { path: "", message }, request.id);
  }
  const shown = (text: string) => text.slice(0, LONGEST_SHOWN);
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
  return {
    id: request.id,
    attempt: 0,
    digest,
    request: sealed,
    labels: request.runConfig.labels.slice(0, MOST_LABELS).map(shown),
    type: request.runConfig.type,
    createdAt: now,
    activeShard: `a#${shardOf(key, ACTIVE_SHARDS)}`,
    recentShard: `${day}#${shardOf(key, RECENT_SHARDS)}`,
    ...(request.name === undefined ? {} : { name: shown(request.name) }),
    ...(request.flow?.name === undefined ? {} : { flowName: shown(request.flow.name) }),
    ...(senderTargets === undefined ? {} : { senderTargets }),
  };
}

/** The table knows the id already: a tombstone, another run's id, or a duplicate. */
async function meet(
  context: Context,
  message: RequestMessage,
  run: NewRun,
  item: RunRecord | undefined,
  invocation: Invocation,
): Promise<Dispatched> {
  const now = context.clock.now();
  const key = runKey(run.id);
  const current = item ?? (await context.store.read(key));
  // Forgotten between the two: its expiry ran just then. The message comes again.
  if (current === undefined) return { outcome: "no time", id: run.id };
  if (current.digest === undefined) {
    const result = await context.store.write(key, cancelTombstone(run, now, expiresAt(context, now)));
    return { ...facts(result.item ?? current), outcome: result.applied ? "cancelled" : "duplicate" };
  }
  if (current.digest !== message.digest) {
    const issue = { path: "id", message: `the id "${run.id}" belongs to a run with another content; the first one is untouched` };
    const body = canonicalJson(message.document);
    await context.quarantine.keep({ code: "ID_REUSED", issues: [issue], source: message.source, runId: run.id, body }, now);
    return { outcome: "quarantined", id: run.id, key, code: "ID_REUSED" };
  }
  return wake(context, current, invocation);
}
