import * as z from "zod/mini";
import { dueId } from "../core/due.ts";
import { isObject, type Json } from "../core/json.ts";
import { parse } from "./issues.ts";

/** What a scheduler of the cloud hands a function: the tick over the configuration's own schedules, or a message of its own. */
export type ScheduledInput =
  | { readonly kind: "tick" }
  /** `id` is what a request gets that has none; absent where the scheduler offers nothing. */
  | { readonly kind: "message"; readonly document: Json; readonly id?: string };

/**
 * A message with the schedule and the due time that it is for: an input of EventBridge Scheduler that names its context attributes,
 * `<aws.scheduler.schedule-arn>` and `<aws.scheduler.scheduled-time>`, or what Cloud Scheduler says in its headers.
 */
const dated = z.strictObject({
  schedule: z.string().check(z.regex(/^[\x21-\x7e]{1,300}$/, "expected the schedule's name or ARN")),
  due: z.iso.datetime({ offset: true, error: "expected the due time as RFC 3339, as 2026-11-22T06:00:00Z" }),
  request: z.unknown(),
});

/** Reads a scheduler's input. Throws `Refusal`. */
export function scheduledInput(event: Json | undefined): ScheduledInput {
  if (isTick(event)) return { kind: "tick" };
  if (!isObject(event) || !Object.hasOwn(event, "schedule") || !Object.hasOwn(event, "request")) {
    return { kind: "message", document: event ?? null };
  }
  const { schedule, due } = parse(dated, event, "INVALID_MESSAGE");
  return { kind: "message", document: event["request"] ?? null, id: dueId(schedule.split("/").at(-1) ?? schedule, Date.parse(due)) };
}

/** A rule's or schedule's own event, whose detail is an object or a text of one, and empty; or no input at all. */
function isTick(event: Json | undefined): boolean {
  if (event === undefined || event === null) return true;
  if (!isObject(event)) return false;
  if (Object.keys(event).length === 0) return true;
  const { detail } = event;
  return event["detail-type"] === "Scheduled Event" && (detail === "{}" || (isObject(detail) && Object.keys(detail).length === 0));
}
