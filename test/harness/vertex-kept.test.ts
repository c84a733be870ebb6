/** A call that lands long after it was given up makes a second job. One is kept. */
import { expect, test } from "vitest";
import { changeAt } from "../doubles/vertex/job.ts";
import { inVertexWorld } from "./vertex-world.ts";

const MINUTE = 60_000;

test.each([
  ["it lands when the run has been launched again: it is cancelled, and the run's own goes on", 4 * MINUTE, 2],
  ["it lands between the two looks: it is found, and no second one is made", 1.2 * MINUTE, 1],
])("a create that lands minutes late: %s", async (_rule, late, jobs) => {
  let creates = 0;
  await inVertexWorld(
    {
      fateOf: ({ call }) => (call === "vertex:CreateCustomJob" && creates++ === 0 ? "late" : "answered"),
      late: () => late,
      double: { listLagMs: 5000, runMs: 40 * MINUTE, cancelMs: 10_000 },
    },
    async (world, time) => {
      world.submit({ id: "run", command: ["work"], run_config: { type: "VertexRun" } });
      world.feed(() => 1);
      const from = time.now();
      await world.tick(
        () => time.now() - from > 60 * MINUTE,
        // The platform ticks every minute, whether or not a run is due.
        () => true,
      );
      const made = world.jobsOf("run");
      expect(made).toHaveLength(jobs);
      const item = world.item("run");
      expect(item).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
      const ends = made.map((job) => [job.name === item?.handle ? "its own" : "another", changeAt(job, time.now()).state]);
      expect(ends.toSorted()).toEqual([...(jobs === 2 ? [["another", "JOB_STATE_CANCELLED"]] : []), ["its own", "JOB_STATE_SUCCEEDED"]]);
      // What was cancelled is on the record.
      const noted = item?.timeline?.filter(({ message }) => /a second one beside/.test(message ?? "")) ?? [];
      expect(noted).toHaveLength(jobs - 1);
      expect(world.faults).toEqual([]);
    },
  );
});
