/**
 * The same functions on Google Cloud, for functions-framework. What a function throws goes into the answer's body there, so each of
 * them answers by itself, in words of its own.
 */
import { randomUUID } from "node:crypto";
import { type CloudEventFunction, cloudEvent, type HttpFunction, http } from "@google-cloud/functions-framework";
import * as z from "zod/mini";
import { type Composition, composition as composeHere, fallbackLog } from "./compose.ts";
import { dispatchMessage } from "./dispatch-message.ts";
import { awsIdentity } from "./gcp-aws.ts";
import { calledByGoogle, fetchOf, requestAddress, type Verdict } from "./gcp-http.ts";
import { httpApp } from "./http/app.ts";
import { onSchedule } from "./schedule.ts";
import { sweepOnce } from "./sweep.ts";

const push = z.object({ message: z.object({ messageId: z.string() }) });

const identified = awsIdentity(process.env, Date.now);

/** What the functions work with, and a right at the table that lasts for the call. */
async function composition(): Promise<Composition> {
  await identified();
  return composeHere();
}

/** The webhook. */
export const webhook: HttpFunction = fetchOf(httpApp(composition, requestAddress).fetch);

/** A Pub/Sub subscription's push: done with it is 204, and any other answer makes Pub/Sub bring it again. */
export const dispatch: HttpFunction = answering("dispatch failed", async (composed, request) => {
  const body = request.rawBody?.toString("utf8") ?? "";
  // A subscription without wrapping names the message in a header.
  const messageId = push.safeParse(request.body).data?.message.messageId ?? request.header("x-goog-pubsub-message-id");
  if (messageId === undefined) return 400;
  return (await dispatched(composed, body, messageId)) ? 204 : 503;
});

/** The same for a function with an event trigger: its platform has checked who calls. */
export const dispatchEvent: CloudEventFunction = async (event) => {
  const composed = await composedOr("dispatch failed");
  if (composed !== undefined && (await dispatched(composed, JSON.stringify(event), event.id))) return;
  throw new Error("the message is to be delivered again");
};

/** Cloud Scheduler's minute tick. */
export const sweep: HttpFunction = answering("sweep failed", async (composed) => {
  await sweepOnce(composed, composed.context.planning.configuration.timing.deadlineSeconds * 500);
  return 204;
});

/** Cloud Scheduler's ticks over the configured schedules, or its job's body as a run request for its due time. */
export const schedule: HttpFunction = answering("schedule failed", async (composed, request) => {
  await onSchedule(composed, scheduledEvent(request), request.executionId ?? randomUUID());
  return 204;
});

http("webhook", webhook);
http("dispatch", dispatch);
cloudEvent("dispatchEvent", dispatchEvent);
http("sweep", sweep);
http("schedule", schedule);

/** The body, with the job and the due time that the headers tell where it is a message: they stay when the job is repeated. */
function scheduledEvent(request: Parameters<HttpFunction>[0]): unknown {
  const text = request.rawBody?.toString("utf8") ?? "";
  if (text.trim() === "" || text.trim() === "{}") return null;
  const job = request.header("x-cloudscheduler-jobname");
  const due = request.header("x-cloudscheduler-scheduletime");
  const body = jsonOrText(text);
  return job === undefined || due === undefined ? body : { schedule: job, due, request: body };
}

/** What is no JSON is told so by whoever reads the message. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function dispatched(composed: Composition, body: string, messageId: string): Promise<boolean> {
  const { clock, planning } = composed.context;
  const deadline = clock.now() + planning.configuration.timing.deadlineSeconds * 1000;
  return dispatchMessage(composed, { body, messageId, queue: "pubsub" }, { deadline });
}

/** A function for Google's own callers; answers with a status alone. */
function answering(failed: string, act: (composed: Composition, request: Parameters<HttpFunction>[0]) => Promise<number>): HttpFunction {
  return async (request, response) => {
    let composed: Composition | undefined;
    try {
      composed = await composition();
      const verdict: Verdict = await calledByGoogle(composed, request);
      response.status(verdict === "welcome" ? await act(composed, request) : verdict).end();
    } catch (error) {
      told(composed, failed, error);
      response.status(503).end();
    }
  };
}

async function composedOr(failed: string): Promise<Composition | undefined> {
  try {
    return await composition();
  } catch (error) {
    told(undefined, failed, error);
    return undefined;
  }
}

function told(composed: Composition | undefined, event: string, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error("not an error");
  (composed?.log ?? fallbackLog()).error({ error: name, message }, event);
}
