/** Random histories over a Docker daemon: none lost, none twice, none endless, and what has ended stays as it ended. Without the name that does not hold. */
import { test } from "vitest";
import { docker } from "../../shared/launchers/docker/index.ts";
import { runDockerPlan } from "./docker-plan.ts";
import type { DockerLauncher } from "./docker-world.ts";
import { expectMishaps, foundOut, MANY, testHistories } from "./histories.ts";

const { plans, played } = testHistories({
  file: "docker-random",
  rule: "no run is lost, started twice or endless, and none changes after its end",
  play: (seed) => runDockerPlan(seed),
  plans: 25,
  counts: { containers: (one) => one.containers },
  again: 3,
});

test("every mishap of a creation and of a start is among them, where there are many", () => {
  expectMishaps(played, ["docker:create", "docker:start"], plans);
});

/** The launcher with another name for each call of an attempt: nothing meets the first one's container. */
function withoutTheName(): DockerLauncher {
  let calls = 0;
  return {
    ...docker,
    plan(run, target) {
      const suffix = `-${++calls}`;
      return {
        calls: docker
          .plan(run, target)
          .calls.map((call) =>
            call.api === "docker:createContainer" ? { ...call, input: { ...call.input, name: `${call.input.name}${suffix}` } } : call,
          ),
      };
    },
  };
}

test("without the name: found out", MANY, () => foundOut((seed) => runDockerPlan(seed, withoutTheName(), 0.4), /it ran \d times/));
