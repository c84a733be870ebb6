/** The launch protocol's entry: what a message does to a run. The run itself is in the table; a message only makes us look at it. */
import { attemptOf, judge } from "./attempt.ts";
import { type Context, expiresAt, type Invocation, launchesUntil } from "./context.ts";
import { type Dispatched, facts } from "./dispatched.ts";
import { orRefusal, Refusal } from "./errors.ts";
import { runKey } from "./identity.ts";
import { canonicalJson, type JsonObject } from "./json.ts";
import { launch } from "./launch.ts";
import { acceptedCheckAt, type NewRequest, newRun } from "./new-run.ts";
import type { QuarantineEntry } from "./ports.ts";
import type { RunRecord } from "./record.ts";
import { wake } from "./wake.ts";
import { accept, claimNew, endNew } from "./writes/claim.ts";
import { cancelTombstone } from "./writes/operate.ts";
import type { NewRun } from "./writes/parts.ts";

/** A request that came whole. */
export interface RequestMessage extends NewRequest {
  /** The request as it was sent, unwrapped. */
  readonly document: JsonObject;
  /** Where it came from, for quarantine. */
  readonly source: string;
  /** The entry of the quarantine that it was tried again from. */
  readonly entry?: string;
}

/** Launches the run of a full message; where the table knows it already, goes on with it instead. */
export async function dispatchRequest(context: Context, message: RequestMessage, invocation: Invocation): Promise<Dispatched> {
  const { request } = message;
  const now = context.clock.now();
  if (now >= launchesUntil(context, invocation)) return { outcome: "no time", id: request.id };
  const key = runKey(request.id);
  // What is large is put elsewhere before the item names it.
  const sealed = await orRefusal(context.requests.seal(JSON.stringify(message.document), key));
  if (sealed instanceof Refusal) return unkept(context, message, sealed, now);
  const run = newRun(message, sealed, now);
  const verdict = await judge(context, request, message.senderTargets, now);
  if (verdict.kind === "later") {
    const taken = await context.store.write(key, accept(run, now, acceptedCheckAt(context.planning, now)));
    if (!taken.applied) return meet(context, message, run, taken.item, invocation);
    return { ...facts(taken.item), outcome: "waiting", code: verdict.error.code };
  }
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

/** The request could not be kept with its run: it is refused as a message is that can't be read. */
async function unkept(context: Context, message: RequestMessage, { code, issues }: Refusal, now: number): Promise<Dispatched> {
  await context.quarantine.keep({ ...keptOf(message), code, issues }, now);
  return { outcome: "quarantined", id: message.request.id, code };
}

/** A request as quarantine keeps it: its id and its sender's rights are those that it has now, when it is tried again too. */
function keptOf({ request: { id }, source, document, senderTargets, entry }: RequestMessage): Omit<QuarantineEntry, "code" | "issues"> {
  return {
    source,
    messageId: id,
    runId: id,
    body: canonicalJson(document),
    ...(senderTargets === undefined ? {} : { senderTargets }),
    ...(entry === undefined ? {} : { entry }),
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
    await context.quarantine.keep({ ...keptOf(message), code: "ID_REUSED", issues: [issue] }, now);
    return { outcome: "quarantined", id: run.id, key, code: "ID_REUSED", issues: [issue] };
  }
  return wake(context, current, invocation);
}
