import fc from "fast-check";
import { expect, expectTypeOf, test } from "vitest";
import { camelCase, camelCased, snakeCase } from "../../shared/schema/naming.ts";

test("a document's own fields become camelCase, those below stay, null and undefined are left out", () => {
  const document: { run_config: { task_role: string }; image?: string | null; cpu_limit: string | null; labels?: string[] | undefined } = {
    run_config: { task_role: "x" },
    image: null,
    cpu_limit: "2",
  };
  const code = camelCased(document);
  expect(code).toEqual({ runConfig: { task_role: "x" }, cpuLimit: "2" });
  expect(Object.keys(code)).toEqual(["runConfig", "cpuLimit"]);
  expectTypeOf(code).toExtend<{
    readonly runConfig: { task_role: string };
    readonly image?: string;
    readonly cpuLimit?: string;
    readonly labels?: string[];
  }>();
});

test("snake_case survives the way to camelCase and back", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z][a-z]*$/), { minLength: 1 }), (words) => {
      const name = words.join("_");
      expect(snakeCase(camelCase(name))).toBe(name);
    }),
  );
});
