import { expect, test } from "vitest";
import { composeFrom } from "../../functions/compose.ts";
import { handler as dispatch } from "../../functions/dispatch.ts";
import { lambdaContext } from "../../functions/local/lambda-context.ts";
import { handler as sweep } from "../../functions/sweep.ts";
import { surroundingsOf } from "./dispatcher-process.ts";
import { beginLife } from "./life.ts";
import { inVirtualTime } from "./virtual-time.ts";
import { createWorld, recordFor, TICK, warmUp, worldFolder } from "./world.ts";

test("the harness's handlers are the ones that Lambda is given: those take a run from its message to its end, too", async () => {
  await warmUp();
  await inVirtualTime(1, async (time) => {
    const calls: string[] = [];
    const world = createWorld(time, {
      folder: worldFolder("exported"),
      configuration: JSON.stringify({ targets: [{ name: "one", type: "local" }] }),
      processes: 1,
      latency: () => 5,
      fateOf: () => "answered",
      wrapperFate: () => ({ startMilliseconds: 50, runMilliseconds: 2000, exitCode: 0 }),
      changed: () => {},
    });
    const life = beginLife("exported", ({ call }) => {
      calls.push(call);
      return "answered";
    });
    composeFrom(surroundingsOf(world, life));
    const message = world.queue.send(JSON.stringify({ id: "run", command: ["work"], run_config: { type: "UniversalRun" } }), time.now());
    expect(await dispatch({ Records: [recordFor(message)] }, lambdaContext("dispatch", 60))).toEqual({ batchItemFailures: [] });
    expect(world.item("run")?.state).toBe("LAUNCHED");
    // In the steady state: two writes, and the launcher's one call between them.
    expect(calls).toEqual(["dynamodb:UpdateItem", "machine:startWrapper", "dynamodb:UpdateItem"]);
    await time.sleep(60_000);
    expect(await sweep(TICK, lambdaContext("sweep", 30))).toMatchObject({ complete: true });
    expect(world.item("run")?.state).toBe("SUCCEEDED");
    world.close();
  });
});
