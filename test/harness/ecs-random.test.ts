/** Random histories over ECS: none lost, none twice, none endless, and what has ended stays as it ended. Without the token that does not hold. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { ecs } from "../../shared/launchers/ecs/index.ts";
import { runEcsPlan } from "./ecs-plan.ts";
import type { EcsLauncher } from "./ecs-world.ts";
import { expectMishaps, foundOut, MANY, testHistories } from "./histories.ts";

const { plans, played } = testHistories({
  file: "ecs-random",
  rule: "no run is lost, started twice or endless, and none changes after its end",
  play: (seed) => runEcsPlan(seed),
  plans: 60,
  counts: { tasks: (one) => one.tasks },
  again: 3,
});

test("every mishap of a RunTask is among them, and conflicts too, where there are many", () => {
  expectMishaps(played, ["ecs:RunTask"], plans);
  if (plans >= 500) expect(played.some(({ answers }) => answers.has("RunTask ConflictException"))).toBe(true);
});

/** The launcher with the input of its RunTask changed. */
function launcherWith(change: (input: JsonObject) => JsonObject): EcsLauncher {
  return {
    ...ecs,
    plan(run, target) {
      const { calls, ...plan } = ecs.plan(run, target);
      return {
        ...plan,
        calls: calls.map((call) => (call.api === "ecs:RunTask" ? { ...call, input: change(call.input as JsonObject) } : call)),
      };
    },
  };
}

test("without the token: found out", MANY, () => {
  const broken = launcherWith(({ clientToken: _token, ...input }) => input);
  return foundOut((seed) => runEcsPlan(seed, broken), /it ran \d times|an attempt was started twice/);
});
