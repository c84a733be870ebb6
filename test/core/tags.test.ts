import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import { composeTags } from "../../shared/core/tags.ts";
import { doubleTarget, plannedRun } from "../support/runs.ts";

const OWN = {
  "slipway:deployment": "test",
  "slipway:target": "one",
  "slipway:run-id": "run-1",
  "slipway:key": runKey("run-1"),
  "slipway:attempt": "2",
};

test("every launch is tagged with whose it is", () => {
  expect(composeTags(plannedRun({}, 2), doubleTarget())).toEqual(OWN);
});

test("the flow's tags are there where it says them", () => {
  const flow = { id: "f1", name: "Nightly ETL", version: 3 };
  expect(composeTags(plannedRun({ flow }, 2), doubleTarget())).toEqual({
    ...OWN,
    "slipway:flow-id": "f1",
    "slipway:flow-name": "Nightly ETL",
    "slipway:flow-version": "3",
  });
});

test("the target's tags are filled in, and can't take ours away", () => {
  const tags = { team: "data", of: "${flow.name}/${run.attempt} of ${image}", "slipway:run-id": "mine" };
  const composed = composeTags(plannedRun({ flow: { name: "${run.id}" } }, 2), doubleTarget({ tags }), "etl:1");
  // The flow's name comes with the request: what looks like a placeholder in it stays.
  expect(composed).toEqual({ ...OWN, team: "data", of: "${run.id}/2 of etl:1", "slipway:flow-name": "${run.id}" });
});

test("the order of the keys does not depend on that of the target's", () => {
  const texts = [
    { b: "1", a: "2", zz: "3" },
    { zz: "3", a: "2", b: "1" },
  ].map((tags) => JSON.stringify(composeTags(plannedRun(), doubleTarget({ tags }))));
  expect(texts[0]).toBe(texts[1]);
  expect(Object.keys(JSON.parse(texts[0] ?? ""))).toEqual(Object.keys(JSON.parse(texts[0] ?? "")).toSorted());
});
