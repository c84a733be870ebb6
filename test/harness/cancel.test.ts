/** A cancel beside every call of a launch: after all has settled, nothing of ours runs, and the run is CANCELLED. */
import { expect, test } from "vitest";
import { cancelledOnEcs, cancelledOnMachine, type Injected, type Injection } from "./injected-cancel.ts";
import type { CallFate } from "./life.ts";

const FATES: readonly CallFate[] = [
  "answered",
  "stopped before",
  "stopped after",
  "lost",
  "answer lost",
  "answer cut",
  "late",
  "throttled",
];
const AFTER = [0, 4, 9] as const;

test.each<[string, readonly string[], (injection?: Injection) => Promise<Injected>]>([
  ["local", ["dynamodb:UpdateItem", "machine:startWrapper", "dynamodb:UpdateItem"], cancelledOnMachine],
  [
    "ECS",
    [
      "dynamodb:UpdateItem",
      "dynamodb:GetItem",
      "dynamodb:UpdateItem",
      "ecs:RegisterTaskDefinition",
      "dynamodb:UpdateItem",
      "dynamodb:UpdateItem",
      "ecs:RunTask",
      "dynamodb:UpdateItem",
    ],
    cancelledOnEcs,
  ],
])("a cancel at every step of a launch on %s", { timeout: 300_000 }, async (_where, expected, play) => {
  let played = 0;
  const { calls } = await play({ index: -1, fate: "answered", after: 0 });
  expect(calls).toEqual(expected);
  for (let index = 0; index < calls.length; index++) {
    for (const fate of FATES) {
      for (const after of AFTER) {
        const { state, violations, ...made } = await play({ index, fate, after });
        expect(made.calls[index], `call ${index}`).toBe(calls[index]);
        expect({ violations, state }, `${calls[index]}, call ${index}, ${fate}, ${after} ms after it`).toEqual({
          violations: [],
          state: "CANCELLED",
        });
        played++;
      }
    }
  }
  process.stdout.write(`${_where}: ${played} launches with a cancel beside one of their calls\n`);
});
