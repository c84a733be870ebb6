/** Random histories over a Docker daemon: none lost, none twice, none endless, and what has ended stays as it ended. Without the name that does not hold. */

import { test } from "vitest";
import { runDockerPlan } from "./docker-plan.ts";
import { withoutTheName } from "./docker-without-name.ts";
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

test("without the name: found out", MANY, () => foundOut((seed) => runDockerPlan(seed, withoutTheName(), 0.4), /it ran \d times/));
