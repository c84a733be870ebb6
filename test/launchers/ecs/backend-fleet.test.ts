/** A thousand requests at once: definitions are registered once, and the launches keep to the rates that ECS takes. */
import { describe, expect, test } from "vitest";
import { runFleet } from "../../harness/ecs-fleet.ts";
import { ecsRequest } from "../../harness/ecs-world.ts";

const REQUESTS = 1000;
const UNLIMITED = { buckets: false, provisioningLimit: Number.POSITIVE_INFINITY } as const;

function requests(imageOf: (index: number) => string): ReturnType<typeof ecsRequest>[] {
  return Array.from({ length: REQUESTS }, (_, index) => ecsRequest(`run-${index}`, { image: imageOf(index), env: { RUN: String(index) } }));
}

describe("50 cold dispatchers", () => {
  test("1,000 concurrent launches of one configuration: 1 RegisterTaskDefinition, 0 DescribeTaskDefinition, 1,000 tasks, each once", async () => {
    const result = await runFleet(
      requests(() => "img:1"),
      { dispatchers: 50, atOnce: 2, double: UNLIMITED },
    );
    expect(result).toMatchObject({ launched: REQUESTS, waits: 0, returned: 0, notOnce: [] });
    expect(result.calls).toEqual({ register: 1, describe: 0, runTask: REQUESTS });
  });

  test("two configurations in alternation: 2", async () => {
    const result = await runFleet(
      requests((index) => `img:${index % 2}`),
      { dispatchers: 50, atOnce: 2, double: UNLIMITED },
    );
    expect(result).toMatchObject({ launched: REQUESTS, waits: 0, returned: 0, notOnce: [] });
    expect(result.calls).toEqual({ register: 2, describe: 0, runTask: REQUESTS });
  });
});

describe("the buckets that ECS has", () => {
  /** A burst of 100, then 20 a second. */
  const possible = (REQUESTS - 100) / 20;

  test.each([1])("1,000 requests, 10 dispatchers: paced within the invocations (seed %i)", async (seed) => {
    const result = await runFleet(
      requests(() => "img:1"),
      { dispatchers: 10, seed },
    );
    console.log(`seed ${seed}: ${result.seconds.toFixed(1)} s of ${possible} s, ${(100 * result.throttled).toFixed(1)} % throttled`);
    expect(result).toMatchObject({ launched: REQUESTS, waits: 0, returned: 0, notOnce: [] });
    expect(result.seconds).toBeLessThan(1.3 * possible);
    expect(result.throttled).toBeLessThan(0.2);
  });
});
