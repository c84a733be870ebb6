/** A task of the ECS double that has run its course: the events that it had, and the service to ask about it afterwards. */
import { setImmediate } from "node:timers/promises";
import { ECSClient } from "@aws-sdk/client-ecs";
import { runKey } from "../../shared/core/identity.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { Backend } from "../../shared/core/launcher.ts";
import { connectEcs } from "../../shared/launchers/ecs/backend.ts";
import { ecs } from "../../shared/launchers/ecs/index.ts";
import { servicesFor } from "../contract/services.ts";
import { ecsService } from "../doubles/ecs/ecs-double.ts";
import type { Finish } from "../doubles/ecs/life.ts";
import { ecsTarget } from "../launchers/ecs/support.ts";
import { START } from "../support/virtual-clock.ts";

export const TARGET = ecsTarget({ settings: { region: "eu-west-1" } });
const CREDENTIALS = { accessKeyId: "AKIATESTER", secretAccessKey: "secret" };
const SECOND = 1000;

/** What becomes of the task, once it runs or before it does. */
export type Course = { readonly finish: Finish } | { readonly stop: string; readonly exitCode: number } | { readonly failToStart: string };

export interface RecordedTask {
  readonly handle: string;
  /** Every event, in its order. */
  readonly events: readonly JsonObject[];
  /** The service as it is after the end, within the hour. */
  readonly backend: Backend;
}

/** Launches attempt 1 of run `r` and lets it run its course. */
export async function recordedTask(course: Course): Promise<RecordedTask> {
  let now = START;
  const life = {
    provisioningMs: 10 * SECOND,
    pendingMs: 10 * SECOND,
    stopMs: 5 * SECOND,
    ...("failToStart" in course ? { failToStart: course.failToStart } : {}),
    ...("stop" in course ? { stopExitCode: course.exitCode } : {}),
  };
  // Its time stands still while it is asked, so no bucket would fill again.
  const double = ecsService({ clock: { now: () => now }, buckets: false, registerMs: 0, life });
  const { services } = servicesFor({
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
      await setImmediate();
    },
  });
  const client = async () =>
    new ECSClient({ region: "eu-west-1", credentials: CREDENTIALS, maxAttempts: 1, requestHandler: double.requestHandler });
  const backend = (await connectEcs(TARGET, services, client)) as Backend;
  const key = runKey("r");
  const request = { id: "r", runConfig: { type: "ECSRun", env: {}, labels: [] }, command: ["true"] } as const;
  const plan = ecs.plan({ deployment: "test", key, attempt: 1, request }, TARGET);
  const launch = { deployment: "test", id: "r", key, attempt: 1, planDigest: "d", signal: new AbortController().signal };
  const outcome = await backend.submit(plan, launch);
  if (outcome.status !== "accepted") throw new Error(`it was not launched: ${JSON.stringify(outcome)}`);
  const { id: handle } = outcome.handle;
  now += 60 * SECOND;
  double.tasks();
  if ("finish" in course) double.finish(handle, course.finish);
  if ("stop" in course) await backend.stop({ id: "r", key, attempt: 1, handle }, course.stop);
  now += 60 * SECOND;
  return { handle, events: double.events as unknown as readonly JsonObject[], backend };
}
