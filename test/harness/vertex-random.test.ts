/** Random histories over Vertex AI, whose lists lag: none lost, one job kept, none endless. Without the looks that does not hold. */
import { test } from "vitest";
import { vertex } from "../../shared/launchers/vertex/index.ts";
import { foundOut, MANY, testHistories } from "./histories.ts";
import { runVertexPlan } from "./vertex-plan.ts";

testHistories({
  file: "vertex-random",
  rule: "no run is lost or endless, and of none two jobs are made",
  play: (seed) => runVertexPlan(seed),
  plans: 60,
  counts: { jobs: (one) => one.jobs },
  again: 2,
});

const { repeatsAfterLooks: _looks, ...repeatsAtOnce } = vertex;

test.each([
  ["without the looks", repeatsAtOnce, undefined],
  ["with lists that lag longer than a call is given to land", vertex, 4 * (vertex.landingSeconds ?? 0) * 1000],
])("%s: found out", MANY, (_lack, broken, listLagMs) => foundOut((seed) => runVertexPlan(seed, broken, listLagMs), /\d jobs were made/));
