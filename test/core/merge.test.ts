import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../shared/core/json.ts";
import { mergeShallow, replaceByName, withoutNulls } from "../../shared/core/merge.ts";

test.each<[string, JsonObject, JsonObject]>([
  ["a null counts as an absent key", { a: null, b: 1 }, { b: 1 }],
  ["at any depth", { a: { b: { c: null, d: 0 } } }, { a: { b: { d: 0 } } }],
  ["in the objects of lists", { a: [{ b: null, c: "" }] }, { a: [{ c: "" }] }],
  ["a null in a list keeps its place", { a: [null, 1] }, { a: [null, 1] }],
  ["falsy values are values", { a: 0, b: "", c: false, d: [], e: {} }, { a: 0, b: "", c: false, d: [], e: {} }],
])("without nulls: %s", (_rule, document, expected) => {
  expect(withoutNulls(document)).toStrictEqual(expected);
});

test.each<[string, JsonObject, JsonObject, JsonObject]>([
  ["the overlay's keys win", { a: 1, b: 2 }, { b: 3 }, { a: 1, b: 3 }],
  ["whole, without a deep merge", { a: { x: 1 } }, { a: { y: 2 } }, { a: { y: 2 } }],
  ["lists too", { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ["new keys are added", {}, { a: 1 }, { a: 1 }],
  ["a null of the overlay is a value", { a: 1 }, { a: null }, { a: null }],
])("shallow merge: %s", (_rule, base, overlay, expected) => {
  expect(mergeShallow(base, overlay)).toStrictEqual(expected);
});

test.each<[string, JsonObject[], JsonObject[], JsonObject[]]>([
  [
    "pairs by name, wherever it stands",
    [{ name: "a", cpu: 1 }, { name: "b" }],
    [{ name: "b", cpu: 2 }],
    [
      { name: "a", cpu: 1 },
      { name: "b", cpu: 2 },
    ],
  ],
  [
    "updates shallowly",
    [{ name: "a", environment: [1], cpu: 1 }],
    [{ name: "a", environment: [2] }],
    [{ name: "a", environment: [2], cpu: 1 }],
  ],
  ["appends what has no pair", [{ name: "a" }], [{ name: "b" }, { name: "c" }], [{ name: "a" }, { name: "b" }, { name: "c" }]],
  ["a missing name pairs with a missing or null one", [{ cpu: 1 }], [{ name: null, memory: 2 }], [{ cpu: 1, memory: 2, name: null }]],
  [
    "the first of several with one name is meant",
    [
      { name: "a", n: 1 },
      { name: "a", n: 2 },
    ],
    [{ name: "a", n: 3 }],
    [
      { name: "a", n: 3 },
      { name: "a", n: 2 },
    ],
  ],
  [
    "the overlay's own doubles fall together",
    [],
    [
      { name: "a", x: 1 },
      { name: "a", y: 2 },
    ],
    [{ name: "a", x: 1, y: 2 }],
  ],
])("by name: %s", (_rule, base, overlay, expected) => {
  expect(replaceByName(base, overlay)).toStrictEqual(expected);
});

const POISON = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "prototype": {"polluted": 1}, "a": 1}';

test("names that reach a prototype are ignored", () => {
  const poison: JsonObject = JSON.parse(POISON);
  for (const result of [
    withoutNulls(poison),
    mergeShallow(poison, {}),
    mergeShallow({}, poison),
    ...replaceByName([poison], [poison]),
    withoutNulls({ deep: [poison] })["deep"],
  ].flat() as JsonObject[]) {
    expect(Object.keys(result)).toEqual(["a"]);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(result["polluted"]).toBeUndefined();
  }
  expect(({} as JsonObject)["polluted"]).toBeUndefined();
});

const keys = fc.constantFrom("a", "b", "name", "__proto__", "constructor", "1");
const { object } = fc.letrec<{ object: JsonObject; value: Json }>((tie) => ({
  object: fc.dictionary(keys, tie("value"), { noNullPrototype: true }),
  value: fc.oneof({ maxDepth: 4 }, fc.constantFrom(null, 0, "x"), fc.array(tie("value"), { maxLength: 3 }), tie("object")),
}));

test("inputs are left as they are, and the order of their keys makes no difference", () => {
  const shuffled = (document: JsonObject): JsonObject => Object.fromEntries(Object.entries(document).reverse());
  fc.assert(
    fc.property(object, object, (base, overlay) => {
      const before = JSON.stringify([base, overlay]);
      const text = (a: JsonObject, b: JsonObject) => JSON.stringify([withoutNulls(a), mergeShallow(a, b), replaceByName([a], [b])]);
      expect(text(shuffled(base), shuffled(overlay))).toBe(text(base, overlay));
      expect(JSON.stringify([base, overlay])).toBe(before);
      expect(JSON.stringify(withoutNulls(base))).not.toMatch(/:null/);
    }),
  );
});
