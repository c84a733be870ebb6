import { expect, test } from "vitest";
import { linesIn } from "../../shared/schema/yaml-lines.ts";

const TEXT = `deployment: prod # 1
targets:
  - name: a
    type: local
    env:
      A: 1
      "b c": &two
        x: 2
  - {name: b, type: local,
     labels: [x,
       y]}
  - env: *two
`;

test.each<[string, string, number | undefined]>([
  ["a key of the document", "deployment", 1],
  ["an entry of a list, where its first key is", "targets[0]", 3],
  ["a key of an entry", "targets[0].type", 4],
  ["a key that is no identifier", 'targets[0].env["b c"]', 7],
  ["what is in it", 'targets[0].env["b c"].x', 8],
  ["an entry in braces", "targets[1].labels[1]", 11],
  ["what an alias names", "targets[2].env.x", 8],
  ["a key that is missing: what it is missing in", "targets[1].image", 9],
  ["an entry that is missing", "targets[7].name", 2],
  ["a path that was shortened: as far as it is whole", "targets[0].env…x", 5],
  ["nothing of the document", "nowhere", undefined],
  ["the document itself", "", undefined],
])("the line of %s", (_what, path, line) => {
  expect(linesIn(TEXT)(path)).toBe(line);
});

test("the line in JSON, which is YAML too", () => {
  expect(linesIn('{"targets": [\n  {"name": "a",\n   "typ": "local"}\n]}')("targets[0].typ")).toBe(3);
});
