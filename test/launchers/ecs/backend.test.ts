import { expect, test } from "vitest";
import { ecsRequest, inEcsWorld } from "../../harness/ecs-world.ts";

test("first", async () => {
  await inEcsWorld({}, async (world) => {
    world.feed(() => 10);
    world.submit(ecsRequest("a"));
    await world.until(() => world.item("a")?.state === "RUNNING");
    expect(world.tasksOf("a")).toHaveLength(1);
  });
});
