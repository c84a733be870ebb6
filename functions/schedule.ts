import middy from "@middy/core";
import { orRefusal, Refusal } from "../shared/core/errors.ts";
import { type Ticked, tick } from "../shared/core/tick.ts";
import { asJson } from "../shared/schema/json-value.ts";
import { decodeMessage } from "../shared/schema/message.ts";
import { type ScheduledInput, scheduledInput } from "../shared/schema/scheduled-input.ts";
import { type Composition, composition } from "./compose.ts";
import { errorEvent } from "./middleware/error-event.ts";

/** What an invocation did. */
export type ScheduleResult =
  | { readonly ticked: readonly Ticked[] }
  | { readonly outcome: "enqueued"; readonly id: string }
  | { readonly outcome: "quarantined"; readonly code: string };

/**
 * Handler for a scheduler's event: the tick over the configuration's schedules, or a run request as the schedule's input, which is
 * enqueued. An invocation that the platform repeats has the same request id, and so makes the same run.
 */
export function scheduleHandler(compose: () => Promise<Composition>) {
  return middy<unknown, ScheduleResult>()
    .use(errorEvent("schedule failed", compose))
    .handler(async (event, lambda) => {
      const composed = await compose();
      return onSchedule(composed, event, lambda.awsRequestId);
    });
}

/** The Lambda function. */
export const handler = scheduleHandler(composition);

/** One event of a scheduler; `invocationId` names a request that nothing else names. */
export async function onSchedule(composed: Composition, event: unknown, invocationId: string): Promise<ScheduleResult> {
  const { log } = composed;
  const input = await orRefusal(inputOf(event));
  if (input instanceof Refusal) return kept(composed, input, JSON.stringify(event), invocationId);
  if (input.kind === "tick") return tickAll(composed);
  const body = JSON.stringify(input.document);
  const id = input.id ?? invocationId;
  const result = await orRefusal(enqueue(composed, body, id));
  if (result instanceof Refusal) return kept(composed, result, body, id);
  log.info(result, "scheduled message");
  return result;
}

async function inputOf(event: unknown): Promise<ScheduledInput> {
  return scheduledInput(asJson(event ?? null, "INVALID_MESSAGE"));
}

/** A message that is wrong is kept, under the id that its run would have had. */
async function kept(
  { context, log, metrics }: Composition,
  { code, issues, runId }: Refusal,
  body: string,
  messageId: string,
): Promise<ScheduleResult> {
  const named = runId === undefined ? {} : { runId };
  const entry = { code, issues, source: `schedule:${messageId}`, messageId, body, ...named };
  await context.quarantine.keep(entry, context.clock.now());
  log.warn({ outcome: "quarantined", code, issues }, "scheduled message");
  metrics.count("quarantined");
  metrics.publish();
  return { outcome: "quarantined", code };
}

async function tickAll({ schedules, log }: Composition): Promise<ScheduleResult> {
  const ticked: Ticked[] = [];
  await tick(schedules, (done) => {
    ticked.push(done);
    const late = done.outcome === "clock" || ("missed" in done && done.missed > 0);
    log[late ? "warn" : "info"](done, "schedule");
  });
  return { ticked };
}

/** Puts a message on the queue, under an id that stays the same when the scheduler repeats itself. Throws `Refusal`. */
async function enqueue({ send }: Composition, body: string, fallbackId: string): Promise<ScheduleResult> {
  const message = decodeMessage(body, { messageId: fallbackId });
  switch (message.kind) {
    case "request":
      await send(JSON.stringify({ ...message.document, id: message.request.id }));
      return { outcome: "enqueued", id: message.request.id };
    case "wake":
    case "cancel":
      await send(body);
      return { outcome: "enqueued", id: message.id };
    case "pointer":
      // A pointer has no id of its own: the wrapping offers it.
      await send(JSON.stringify({ "detail-type": "Scheduled Event", id: message.id, detail: { request_path: message.path } }));
      return { outcome: "enqueued", id: message.id };
    default: {
      const unhandled: never = message;
      return unhandled;
    }
  }
}
