/** Time in a world is its calls' and its timers': what a vendor's client does besides, over however many turns of the loop, takes none. */
import { expect, test } from "vitest";
import { inDockerWorld } from "./docker-world.ts";
import { inEcsWorld } from "./ecs-world.ts";
import { inKubernetesWorld } from "./kubernetes-world.ts";
import type { Departure } from "./life.ts";
import { inVertexWorld } from "./vertex-world.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { LauncherWorld } from "./worlds.ts";

const HALF_WAY = 5;
/** What a service may take for itself. */
const OWN = 1000;
const MINUTE = 60_000;

const calls: string[] = [];
const OPTIONS = {
  latency: () => HALF_WAY,
  fateOf({ call }: Departure) {
    calls.push(call);
    return "answered" as const;
  },
};

/** How long a launch and the sweeps after it take, and how long their calls were on their way. */
async function taken(world: LauncherWorld, time: VirtualTime, type: string): Promise<readonly [number, number][]> {
  const measured: [number, number][] = [];
  async function measure(act: () => Promise<unknown>): Promise<void> {
    const [from, before] = [time.now(), calls.length];
    // Where time goes on by itself, it goes on to this.
    const leave = time.after(MINUTE / 2, () => {});
    await act();
    leave();
    measured.push([time.now() - from, (calls.length - before) * 2 * HALF_WAY]);
  }
  const message = world.queue.send(JSON.stringify({ id: "run", command: ["work"], run_config: { type } }), time.now());
  await measure(() => world.dispatch([message]));
  for (let sweeps = 0; sweeps < 3; sweeps++) {
    await time.sleep(11 * MINUTE);
    await measure(() => world.sweep());
  }
  return measured;
}

test.each<[string, () => Promise<readonly [number, number][]>]>([
  ["docker", () => inDockerWorld(OPTIONS, (world, time) => taken(world, time, "DockerRun"))],
  ["ecs", () => inEcsWorld(OPTIONS, (world, time) => taken(world, time, "ECSRun"))],
  ["kubernetes", () => inKubernetesWorld(OPTIONS, (world, time) => taken(world, time, "KubernetesRun"))],
  ["vertex", () => inVertexWorld({ ...OPTIONS, double: { runMs: 60 * MINUTE } }, (world, time) => taken(world, time, "VertexRun"))],
])("%s: a launch and a sweep take as long as their calls", async (_launcher, measure) => {
  for (const [passed, onTheirWay] of await measure()) expect(passed).toBeLessThan(onTheirWay + OWN);
});
