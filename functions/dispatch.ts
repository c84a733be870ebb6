import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { dispatchCancel } from "../shared/core/cancel.ts";
import type { Context, Invocation } from "../shared/core/context.ts";
import { dispatchRequest } from "../shared/core/dispatch.ts";
import type { Dispatched } from "../shared/core/dispatched.ts";
import { Refusal } from "../shared/core/errors.ts";
import { dispatchWake } from "../shared/core/wake.ts";
import { decodeMessage, type Message } from "../shared/schema/message.ts";
import { type Composition, composition } from "./compose.ts";
import { errorEvent } from "./middleware/error-event.ts";

/**
 * Handler for an SQS batch: every message by itself, side by side. A message that was dealt with, or refused and kept,
 * is removed from the queue; one that could not be dealt with now is reported back alone.
 */
export function dispatchHandler(compose: () => Promise<Composition>) {
  return middy<SQSEvent, SQSBatchResponse>()
    .use(errorEvent("dispatch failed", compose))
    .handler(async (event, lambda) => {
      const composed = await compose();
      const invocation = { deadline: composed.context.clock.now() + lambda.getRemainingTimeInMillis() };
      const results = await Promise.all(event.Records.map((record) => dispatchRecord(composed, record, invocation)));
      return {
        batchItemFailures: results.flatMap((done, index) => (done ? [] : [{ itemIdentifier: event.Records[index]?.messageId ?? "" }])),
      };
    });
}

/** The Lambda function. */
export const handler = dispatchHandler(composition);

/** Whether the message is done with. Writes its one log event. */
async function dispatchRecord(composed: Composition, record: SQSRecord, invocation: Invocation): Promise<boolean> {
  const { context, log } = composed;
  const startedAt = context.clock.now();
  const message = { message_id: record.messageId, receive_count: Number(record.attributes.ApproximateReceiveCount) };
  const elapsed = () => ({ milliseconds: context.clock.now() - startedAt });
  try {
    const result = await dispatchBody(context, record, invocation);
    log[result.alarm || result.outcome === "quarantined" ? "warn" : "info"]({ ...message, ...result, ...elapsed() }, "message");
    return result.outcome !== "no time";
  } catch (error) {
    const { name, message: text, cause } = error instanceof Error ? error : new Error("not an error");
    const because = cause instanceof Error ? { cause: cause.name } : {};
    log.error({ ...message, outcome: "failed", error: name, text, ...because, ...elapsed() }, "message");
    return false;
  }
}

async function dispatchBody(context: Context, record: SQSRecord, invocation: Invocation): Promise<Dispatched> {
  const source = `sqs:${record.messageId}`;
  const message = decoded(context, record);
  if (message instanceof Refusal) {
    const { code, issues, runId } = message;
    const named = runId === undefined ? {} : { runId };
    await context.quarantine.keep({ code, issues, source, body: record.body, ...named }, context.clock.now());
    return { outcome: "quarantined", code, issues, ...(runId === undefined ? {} : { id: runId }) };
  }
  switch (message.kind) {
    case "request":
      return dispatchRequest(context, { ...message, source }, invocation);
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

/** What a message says, or why it is refused. Only what comes of the message itself sends it to quarantine. */
function decoded(context: Context, record: SQSRecord): Exclude<Message, { readonly kind: "pointer" }> | Refusal {
  try {
    const message = decodeMessage(record.body, { messageId: record.messageId });
    return message.kind === "pointer" ? refusedPointer(context) : message;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error;
  }
}

/** A message can't make the dispatcher read whatever it may read: the operator names the places. */
function refusedPointer({ planning }: Context): Refusal {
  const places = planning.configuration.requests?.from ?? [];
  const message = places.length === 0 ? "requests.from names no place" : "this version can't read requests from a path yet";
  return new Refusal("REQUEST_PATH_NOT_ALLOWED", { path: "request_path", message: `${message}: send the request itself` });
}
