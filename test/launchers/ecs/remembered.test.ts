import { expect, test } from "vitest";
import { remembered } from "../../../shared/launchers/ecs/remembered.ts";

test("of more than there is room for, what was asked for the longest time ago is forgotten", () => {
  const known = remembered<number>(2);
  known.set("a", 1);
  known.set("b", 2);
  expect(known.get("a")).toBe(1);
  known.set("c", 3);
  expect([known.get("a"), known.get("b"), known.get("c")]).toEqual([1, undefined, 3]);
});

test("a value that is set anew takes no room of another", () => {
  const known = remembered<number>(2);
  known.set("a", 1);
  known.set("b", 2);
  known.set("b", 3);
  expect([known.get("a"), known.get("b")]).toEqual([1, 3]);
});

test("what has taken the place of a value is not forgotten with it", () => {
  const known = remembered<object>(2);
  const [first, second] = [{}, {}];
  known.set("a", first);
  known.set("a", second);
  known.forget("a", first);
  expect(known.get("a")).toBe(second);
  known.forget("a", second);
  expect(known.get("a")).toBeUndefined();
});
