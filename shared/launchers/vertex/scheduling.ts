/** A job's `scheduling`: the run config's, its timeout no longer than the request's and the target's. */
import { chooseTimeout } from "../../core/command.ts";
import type { Issue } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { PlannedRun, VertexRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import { durationOf, durationText, isShorter } from "./duration.ts";
import { SCHEDULING } from "./fields.ts";
import { type Read, readMessage } from "./shapes.ts";

const PATH = "run_config.scheduling";

/** The scheduling to send, and what is wrong with the given one. Undefined where nothing is said. */
export function schedulingOf(run: PlannedRun, target: Target, config: VertexRun | undefined): Read<JsonObject> | undefined {
  const limit = chooseTimeout(run, target);
  if (config?.scheduling === undefined) {
    return limit === undefined ? undefined : { value: { timeout: durationText({ seconds: limit, nanos: 0 }) }, issues: [] };
  }
  const { value, issues } = readMessage(config.scheduling, SCHEDULING, PATH);
  return { value: withNumbersAsText(withLimit(value, limit)), issues: [...issues, ...withoutEnd(value)] };
}

function withLimit(scheduling: JsonObject, seconds: number | undefined): JsonObject {
  if (seconds === undefined) return scheduling;
  const limit = { seconds, nanos: 0 };
  const own = durationOf(scheduling["timeout"] ?? null);
  return own !== undefined && isShorter(own, limit) ? scheduling : { ...scheduling, timeout: durationText(limit) };
}

/** A text or an object is a duration to the service; a number is one to people only. */
function withNumbersAsText(scheduling: JsonObject): JsonObject {
  const asText = (value: Json): Json => {
    const duration = typeof value === "number" ? durationOf(value) : undefined;
    return duration === undefined ? value : durationText(duration);
  };
  return Object.fromEntries(Object.entries(scheduling).map(([name, value]) => [name, asText(value)]));
}

/** The service takes no time at all for no limit, which is not what it looks like. */
function withoutEnd({ timeout = null }: JsonObject): readonly Issue[] {
  const duration = durationOf(timeout);
  if (duration === undefined || duration.seconds > 0 || duration.nanos > 0) return [];
  return [{ path: `${PATH}.timeout`, message: "must be longer than no time at all; leave it out for the service's own limit" }];
}
