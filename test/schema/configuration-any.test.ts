import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../shared/core/json.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { CANARY, nearly, secretive } from "./arbitrary.ts";
import { LAUNCHERS } from "./kinds.ts";
import { refusalTextOf } from "./refused.ts";

const parsed = (document: Json) => parseConfiguration(document, LAUNCHERS);

const VALID = [
  {
    deployment: "d",
    targets: [
      { name: "a", type: "local", env: { A: "x" }, fallback: ["b"] },
      { name: "b", type: "ecs", allow: { images: ["x"] }, secrets: { A: "x" }, tags: { t: "x" }, command: ["x"] },
    ],
    timing: { sweep_seconds: 1 },
  },
];

describe("whatever a configuration is", () => {
  test.each<[string, fc.Arbitrary<unknown>]>([
    [
      "anything",
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSparseArray: true,
        withTypedArray: true,
      }),
    ],
    ["any JSON", fc.jsonValue()],
    ["nearly a configuration", nearly(VALID, fc.jsonValue() as fc.Arbitrary<Json>)],
  ])("a refusal is all that is thrown: %s", (_, documents) => {
    fc.assert(
      fc.property(documents, (document) => {
        refusalTextOf(() => parsed(document as Json));
      }),
      { numRuns: 300 },
    );
  });

  test("a refusal repeats no text of it", () => {
    fc.assert(
      fc.property(nearly(VALID, secretive), (document) => {
        expect(refusalTextOf(() => parsed(document))).not.toContain(CANARY);
      }),
      { numRuns: 1000 },
    );
  });
});
