/** A job that FLEX_START lets wait for its machines is not taken for one that does not start. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { inVertexWorld, vertexConfiguration, vertexTargetDocument } from "./vertex-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.each<readonly [string, JsonObject, JsonObject, number, JsonObject]>([
  ["machines after three hours: it runs", { strategy: "FLEX_START" }, {}, 3 * HOUR, { state: "SUCCEEDED", attempt: 1 }],
  [
    "none, and the service does not end it: it is stopped when its wait has long been over",
    { strategy: "FLEX_START", max_wait_duration: 3600 },
    {},
    99 * HOUR,
    { state: "FAILED", failure: { class: "start_failure" } },
  ],
  ["the usual way, after three hours: it was stopped", {}, {}, 3 * HOUR, { state: "FAILED", failure: { class: "start_failure" } }],
  [
    "an operator who says how long means this wait as well",
    { strategy: "FLEX_START" },
    { start_timeout_seconds: 1800 },
    3 * HOUR,
    { state: "FAILED", failure: { class: "start_failure" } },
  ],
])("%s", async (_rule, scheduling, over, pendingMs, end) => {
  await inVertexWorld(
    { configuration: vertexConfiguration([vertexTargetDocument(over)]), double: { pendingMs, runMs: MINUTE } },
    async (world, time) => {
      world.submit({ id: "run", command: ["work"], run_config: { type: "VertexRun", scheduling } });
      world.feed(() => 1);
      const from = time.now();
      await world.tick(
        () => time.now() - from > 5 * HOUR || world.item("run")?.endedAt !== undefined,
        () => true,
      );
      expect(world.item("run")).toMatchObject(end);
      expect(world.jobsOf("run")).toHaveLength(1);
    },
  );
});
