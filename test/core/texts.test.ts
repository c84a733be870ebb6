import { expect, test } from "vitest";
import { globMatches } from "../../shared/core/glob.ts";
import { INTERPOLATIONS, type Interpolations, interpolate, unknownInterpolations } from "../../shared/core/interpolate.ts";
import { byCodeUnit, canonicalJson, type Json } from "../../shared/core/json.ts";
import { didYouMean, nearestName } from "../../shared/core/suggest.ts";

test.each<[string, Json, string]>([
  ["keys are sorted", { b: 1, a: 2 }, '{"a":2,"b":1}'],
  ["keys are sorted at every depth", [{ d: { b: 1, a: 2 } }], '[{"d":{"a":2,"b":1}}]'],
  ["capitals come before small letters, whatever the locale", { a: 1, B: 2, ä: 3 }, '{"B":2,"a":1,"ä":3}'],
  ["an array keeps its order", ["b", "a"], '["b","a"]'],
  ["there is no white space", { a: [1, 2] }, '{"a":[1,2]}'],
  ["texts are escaped as JSON does", { 'a"': "\n" }, '{"a\\"":"\\n"}'],
  ["null, true and numbers are themselves", [null, true, 1.5], "[null,true,1.5]"],
  ["empty ones stay", { a: {}, b: [] }, '{"a":{},"b":[]}'],
])("canonical JSON: %s", (_rule, value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test.each([
  ["smaller", "a", "b", -1],
  ["greater", "b", "a", 1],
  ["equal", "a", "a", 0],
  ["a digit before a letter", "A1", "AA", -1],
])("order of two names: %s", (_rule, a, b, order) => {
  expect(byCodeUnit(a, b)).toBe(order);
});

const KNOWN = ["image", "task_role_arn", "env", "labels", "command"];

test.each([
  ["two neighbours swapped", "imgae", "image"],
  ["a letter missing", "lables", "labels"],
  ["one letter too many", "immage", "image"],
  ["another case and style", "taskRoleArn", "task_role_arn"],
  ["case does not count", "ENV", "env"],
  ["a plural forgotten", "label", "labels"],
])("a mistyped name is recognised: %s", (_rule, name, nearest) => {
  expect(nearestName(name, KNOWN)).toBe(nearest);
});

test.each([
  ["nothing like it", "replicas"],
  ["too long to be compared", "image".repeat(13)],
])("no name is suggested: %s", (_rule, name) => {
  expect(nearestName(name, KNOWN)).toBeUndefined();
});

test("a suggestion is a question, or nothing", () => {
  expect(didYouMean("imgae", KNOWN)).toBe(' (did you mean "image"?)');
  expect(didYouMean("replicas", KNOWN)).toBe("");
  expect(didYouMean("image", [])).toBe("");
});

test.each([
  ["a plain text is itself", "prod", "prod", true],
  ["a plain text is no beginning", "prod", "production", false],
  ["* is anything", "*", "a/b", true],
  ["* is nothing too", "prod*", "prod", true],
  ["* crosses slashes", "s3://b/*.yml", "s3://b/x/y.yml", true],
  ["the beginning must fit", "prod-*", "test-prod-1", false],
  ["the end must fit", "*-prod", "a-prod-1", false],
  ["parts must come in order", "*a*b*", "ba", false],
  ["parts must not overlap", "ab*ba", "aba", false],
  ["parts between must not overlap the end", "a*b*b", "ab", false],
  ["a dot is a dot", "a.c", "abc", false],
  ["a question mark is a question mark", "a?c", "abc", false],
  ["brackets are brackets", "[ab]", "a", false],
  ["the empty pattern is the empty text", "", "", true],
  ["the empty pattern is nothing else", "", "a", false],
  ["capitals count", "Prod", "prod", false],
  ["two stars are one", "a**b", "axb", true],
])("glob: %s", (_rule, pattern, value, matches) => {
  expect(globMatches(pattern, value)).toBe(matches);
});

test("a glob of many stars comes to an end: one that goes back to try anew would not within years", () => {
  expect(globMatches(`${"*a".repeat(50)}b`, "a".repeat(5000))).toBe(false);
});

const VALUES: Interpolations = { "run.id": "r", image: "$$ ${run.id}" };

test.each([
  ["a name is filled in", "x-${run.id}-y", "x-r-y"],
  ["every place is filled in", "${run.id}${run.id}", "rr"],
  ["a name without a value is empty", "x${flow.id}y", "xy"],
  ["two dollars are one", "$${run.id}", "${run.id}"],
  ["a dollar before anything else stays", "$HOME $1 $", "$HOME $1 $"],
  ["an unknown name stays as it is", "${HOME}", "${HOME}"],
  ["names are exact", "${ run.id }", "${ run.id }"],
  ["what is filled in is not filled in again", "${image}", "$$ ${run.id}"],
  ["an open brace stays", "${run.id", "${run.id"],
  ["a name of every object is not known", "${constructor}${__proto__}", "${constructor}${__proto__}"],
])("interpolation: %s", (_rule, text, filled) => {
  expect(interpolate(text, VALUES)).toBe(filled);
});

test.each([
  ["unknown ones are told", "${HOME} ${run.id} ${}", ["HOME", ""]],
  ["a doubled dollar is none", "$${HOME}", []],
  ["all known ones are known", INTERPOLATIONS.map((name) => `\${${name}}`).join(), []],
])("unknown interpolations: %s", (_rule, text, names) => {
  expect(unknownInterpolations(text)).toEqual(names);
});
