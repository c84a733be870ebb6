/** 300 requests at once against 60 submissions a minute: all launched, each once, none failed. */
import { expect, test } from "vitest";
import type { RunState } from "../../shared/core/run-state.ts";
import { inVertexWorld } from "./vertex-world.ts";

const REQUESTS = 300;
/** On a machine that does much else. */
const PATIENT = { timeout: 240_000 };

/** Sends all at once and sweeps every minute until all are launched. */
function flood(processes: number) {
  const states: RunState[] = [];
  return inVertexWorld(
    { processes, changed: (_before, { state }) => void (state !== undefined && states.push(state)) },
    async (world, time) => {
      const from = time.now();
      const ids = Array.from({ length: REQUESTS }, (_, index) => `run-${index}`);
      for (const id of ids) world.submit({ id, command: ["work"], run_config: { type: "VertexRun" } });
      world.feed(() => 10);
      const isLaunched = (id: string) => ["LAUNCHED", "RUNNING"].includes(world.item(id)?.state ?? "");
      await world.tick(
        () => ids.every(isLaunched) || time.now() - from > 60 * 60_000,
        () => false,
      );
      return {
        launched: ids.filter(isLaunched).length,
        notOnce: ids.filter((id) => world.jobsOf(id).length !== 1),
        refused: states.filter((state) => state === "REJECTED" || state === "FAILED" || state === "LOST"),
        minutes: (Math.max(...world.vertex.jobs.map(({ createdAt }) => createdAt)) - from) / 60_000,
        attempts: Math.max(...ids.map((id) => world.item(id)?.attempt ?? 0)),
        ...world.submissions,
        faults: world.faults,
      };
    },
  );
}

test.each([
  // One keeps the rate by itself; several learn from the service that others submit as well.
  { processes: 1, mostThrottled: 0 },
  { processes: 5, mostThrottled: REQUESTS },
])(
  "300 requests at once, 60 submissions a minute, $processes dispatchers: all launched, each once, none failed",
  PATIENT,
  async ({ processes, mostThrottled }) => {
    const { minutes, made, throttled, attempts, ...result } = await flood(processes);
    console.log(
      `${processes} dispatchers: ${minutes.toFixed(1)} minutes of 4, ${made} submissions, ${throttled} throttled, at most ${attempts} attempts`,
    );
    expect(result).toEqual({ launched: REQUESTS, notOnce: [], refused: [], faults: [] });
    // The first sixty at once, and four more minutes: the least that the rate allows.
    expect(minutes).toBeLessThan(8);
    expect(throttled).toBeLessThanOrEqual(mostThrottled);
  },
);
