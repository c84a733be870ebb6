/** ECS's task state change events, as EventBridge delivers them → what they say of an attempt. */
import * as z from "zod/mini";
import type { JsonObject } from "../../core/json.ts";
import { late } from "../../core/late.ts";
import type { LauncherEvent } from "../../core/launcher.ts";
import { attemptOf } from "./naming.ts";
import { observationOf } from "./observation.ts";

/** What is read of an event. New fields may come at any time; overrides are in it in clear, and are not looked at. */
const detailSchema = late(() =>
  z.object({
    startedBy: z.string(),
    taskArn: z.string(),
    lastStatus: z.string(),
    desiredStatus: z.optional(z.string()),
    version: z.int(),
    stopCode: z.optional(z.string()),
    stoppedReason: z.optional(z.string()),
    startedAt: z.optional(z.iso.datetime({ offset: true })),
    stoppedAt: z.optional(z.iso.datetime({ offset: true })),
    containers: z.optional(
      z.array(
        z.object({
          name: z.optional(z.string()),
          exitCode: z.optional(z.int()),
          reason: z.optional(z.string()),
          // A container that was made may have run: without this a second attempt would follow.
          runtimeId: z.optional(z.string()),
        }),
      ),
    ),
  }),
);

/** The attempt that an event is about, and what it says; undefined for other events, and for tasks that we did not start. */
export function eventOf(event: JsonObject, now: number): LauncherEvent | undefined {
  if (event["source"] !== "aws.ecs" || event["detail-type"] !== "ECS Task State Change") return undefined;
  const { detail } = event;
  const startedBy =
    typeof detail === "object" && detail !== null && !Array.isArray(detail) ? (detail as JsonObject)["startedBy"] : undefined;
  const of = attemptOf(typeof startedBy === "string" ? startedBy : undefined);
  if (of === undefined) return undefined;
  const { data, error } = detailSchema().safeParse(detail);
  if (data === undefined) {
    const paths = error.issues.map(({ path }) => path.join(".")).join(", ");
    throw new TypeError(`an ECS task event of ours is of another form than is known: ${paths}`);
  }
  const at = (time: string | undefined) => (time === undefined ? undefined : new Date(time));
  const task = { ...data, startedAt: at(data.startedAt), stoppedAt: at(data.stoppedAt) };
  return { ...of, observation: observationOf(task, now) };
}
