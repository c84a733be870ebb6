/** One message of the queue, whichever queue it is: launched, or refused and kept, or to be delivered again. */
import { dispatchCancel } from "../shared/core/cancel.ts";
import type { Invocation } from "../shared/core/context.ts";
import { dispatchRequest } from "../shared/core/dispatch.ts";
import type { Dispatched } from "../shared/core/dispatched.ts";
import { orRefusal, Refusal } from "../shared/core/errors.ts";
import { runKey } from "../shared/core/identity.ts";
import { dispatchWake } from "../shared/core/wake.ts";
import { decodeMessage, type Message } from "../shared/schema/message.ts";
import { redriveOf } from "../shared/schema/redrive.ts";
import type { Composition } from "./compose.ts";
import { pointed, type WholeMessage } from "./pointed.ts";
import { type Origin, redrive } from "./redrive.ts";

/** A message as a queue delivers it. */
export interface Delivery {
  readonly body: string;
  /** Stays the same when it is delivered again. */
  readonly messageId: string;
  /** The kind of queue. */
  readonly queue: "sqs" | "pubsub";
  readonly receiveCount?: number;
  /** When it was sent, in epoch milliseconds. */
  readonly sentAt?: number;
}

/** Whether the message is done with. Writes its one log event. */
export async function dispatchMessage(composed: Composition, delivery: Delivery, invocation: Invocation): Promise<boolean> {
  const { context, log, metrics } = composed;
  const startedAt = context.clock.now();
  const { messageId, receiveCount, sentAt } = delivery;
  const message = { message_id: messageId, ...(receiveCount === undefined ? {} : { receive_count: receiveCount }) };
  const elapsed = () => ({ milliseconds: context.clock.now() - startedAt });
  try {
    const result = await dispatchBody(composed, delivery, invocation);
    log[result.alarm || result.outcome === "quarantined" ? "warn" : "info"]({ ...message, ...result, ...elapsed() }, "message");
    metrics.note(result, sentAt === undefined ? undefined : Math.max(0, context.clock.now() - sentAt));
    return result.outcome !== "no time";
  } catch (error) {
    const { name, message: text, cause } = error instanceof Error ? error : new Error("not an error");
    const because = cause instanceof Error ? { cause: cause.name } : {};
    log.error({ ...message, outcome: "failed", error: name, text, ...because, ...elapsed() }, "message");
    return false;
  }
}

function dispatchBody(composed: Composition, { body, messageId, queue }: Delivery, invocation: Invocation): Promise<Dispatched> {
  const again = redriveOf(body, queue === "pubsub");
  if (again !== undefined) return redrive(composed, again, (origin) => dispatchOrigin(composed, origin, invocation));
  return dispatchOrigin(composed, { body, messageId, source: `${queue}:${messageId}` }, invocation);
}

async function dispatchOrigin(composed: Composition, origin: Origin, invocation: Invocation): Promise<Dispatched> {
  const { context } = composed;
  const message = await orRefusal(wholeMessage(composed, origin));
  if (message instanceof Refusal) {
    const { code, issues, runId } = message;
    await context.quarantine.keep({ ...origin, code, issues, ...(runId === undefined ? {} : { runId }) }, context.clock.now());
    return { outcome: "quarantined", code, issues, ...(runId === undefined ? {} : { id: runId }) };
  }
  switch (message.kind) {
    case "request":
      return dispatchRequest(context, { ...message, ...rightsOf(origin), source: origin.source }, invocation);
    case "wake":
      return dispatchWake(context, message.id, invocation);
    case "cancel":
      return dispatchCancel(context, message.id, invocation);
    default: {
      const unhandled: never = message;
      return unhandled;
    }
  }
}

/** What goes with a request that is tried again. */
function rightsOf({ senderTargets, entry }: Origin): Pick<Origin, "senderTargets" | "entry"> {
  return { ...(senderTargets === undefined ? {} : { senderTargets }), ...(entry === undefined ? {} : { entry }) };
}

/** What a message says. Throws `Refusal` for what comes of the message itself: that alone sends it to quarantine. */
async function wholeMessage(composed: Composition, { body, messageId }: Origin): Promise<WholeMessage> {
  const message = decodeMessage(body, { messageId });
  return message.kind === "pointer" && (await isClaimed(composed, message)) ? { kind: "wake", id: message.id } : pointed(composed, message);
}

/** Once its run is claimed the sealed copy counts: the object may be gone by now, or be another request. */
async function isClaimed({ context }: Composition, { id, path }: Extract<Message, { kind: "pointer" }>): Promise<boolean> {
  const run = await context.store.read(runKey(id));
  return run?.digest !== undefined && run.requestFrom?.path === path;
}
