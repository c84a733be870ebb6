import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJson, readYaml } from "../../shared/schema/json-document.ts";
import { firstError } from "../../shared/schema/json-position.ts";
import { repeatedField } from "../../shared/schema/json-repeated.ts";
import { CANARY, secretive } from "./arbitrary.ts";
import { refusalOf, refusalTextOf } from "./refused.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("a JSON document is read", () => {
  test.each([
    ["from text", '{"a": [1, "x", null]}', { a: [1, "x", null] }],
    ["from bytes", utf8('{"a": "ü"}'), { a: "ü" }],
    ["behind a byte order mark in text", "\uFEFF[]", []],
    ["behind a byte order mark in bytes", utf8("\uFEFF[]"), []],
    ["when 64 deep", `${"[".repeat(64)}${"]".repeat(64)}`, expect.any(Array)],
  ])("%s", (_, source, value) => {
    expect(readJson(source)).toEqual(value);
  });
});

describe("a JSON document is refused", () => {
  test.each([
    ["when it is not JSON, with line and column", '{\n  "a": tru\n}', "NOT_JSON", "the document is not JSON: error at line 2, column 8"],
    ["when it stops too early, at its end", '{"a": [1,', "NOT_JSON", "the document is not JSON: error at line 1, column 10"],
    ["when it is empty", " \n", "NOT_JSON", "the document is empty: expected JSON"],
    ["when it is not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "NOT_UTF8", "the document is not UTF-8 text"],
    ["when it is larger than 1 MiB", `"${"x".repeat(1024 * 1024)}"`, "TOO_LARGE", "the document is larger than 1048576 bytes"],
    ["when its UTF-8 form is larger than 1 MiB", `"${"ü".repeat(600_000)}"`, "TOO_LARGE", "the document is larger than 1048576 bytes"],
    [
      "when a text is half of a surrogate pair",
      '["\\ud800"]',
      "INVALID_MESSAGE",
      "[0]: the text holds half of a surrogate pair: it has no UTF-8 form",
    ],
    [
      "when a number is too large",
      '{"a": 1e999}',
      "INVALID_MESSAGE",
      "a: expected a finite number, found one that is infinite, not a number, or too large",
    ],
    [
      "when a field anywhere is named __proto__",
      '{"a": [{"__proto__": 1}]}',
      "INVALID_MESSAGE",
      "a[0].__proto__: no field may have this name: it would change what objects inherit",
    ],
  ])("%s", (_, source, code, message) => {
    expect(refusalOf(() => readJson(source))).toMatchObject({ code, message });
  });

  test.each([
    ["65 deep", 65],
    ["as deep as 1 MiB allows", 500_000],
  ])("when it is %s, without a stack overflow", (_, depth) => {
    expect(refusalOf(() => readJson(`${"[".repeat(depth)}${"]".repeat(depth)}`)).code).toBe("TOO_DEEP");
  });

  test("when it is larger than the caller's limit", () => {
    expect(refusalOf(() => readJson("[1, 2]", { maxBytes: 5 })).code).toBe("TOO_LARGE");
  });
});

describe("the place of a syntax error", () => {
  test("is none but the end for every JSON text: the scanner knows the whole grammar", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const lines = text.split("\n");
        expect(firstError(text)).toEqual({ line: lines.length, column: (lines.at(-1) ?? "").length + 1 });
      }),
    );
  });

  test.each([
    ["a comma before a closing bracket", "[1,]", 4],
    ["a comma before a closing brace", '{"a":1,}', 8],
    ["a key that is no text", "{a:1}", 2],
    ["a missing colon", '{"a" 1}', 6],
    ["a second value", "[] []", 4],
    ["the wrong closing bracket", "[1}", 3],
    ["a leading zero", "[01]", 3],
    ["an unknown escape", '["a\\x"]', 4],
    ["a raw line break in a text", '["a\nb"]', 4],
    ["a text that is not closed", '["abc', 6],
  ])("is found for %s", (_, text, column) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(firstError(text)).toEqual({ line: 1, column });
  });
});

describe("a YAML document is read", () => {
  test.each([
    ["as YAML 1.2, where yes and on are texts", "a: yes\non: 1", { a: "yes", on: 1 }],
    ["as JSON", '{"a": [1, true]}', { a: [1, true] }],
    ["as JSON indented with tabs", '{\n\t"a": 1\n}', { a: 1 }],
    ["with aliases", "a: &x [1]\nb: *x", { a: [1], b: [1] }],
    ["with numbers as keys", "8080: 80", { "8080": 80 }],
  ])("%s", (_, text, value) => {
    expect(readYaml(text)).toEqual(value);
  });
});

describe("a YAML document is refused", () => {
  test.each([
    ["when a key is there twice", "a: 1\nb: 2\na: 3", "NOT_YAML", /line 3, column 1: a key is there twice$/],
    ["when a key is there twice in JSON", '{"a": 1,\n"a": 2}', "NOT_YAML", /line 2, column 1: a key is there twice$/],
    ["when two keys become one in JSON", "1: a\n'1': b", "NOT_YAML", /line 2/],
    ["when a key is a list", "? [a]\n: 1", "NOT_YAML", /a key is a list, an object or an alias$/],
    ["when it has a merge key", "a: &a {b: 1}\nc:\n  <<: *a", "NOT_YAML", /line 3, column 3: merge keys \(<<\) are not read$/],
    ["when it has an unknown tag", "a: !!js/function x", "NOT_YAML", /line 1, column 4: a tag/],
    ["when there are two", "a: 1\n---\nb: 1", "NOT_YAML", /more than one document$/],
    ["when an alias names nothing", "a: *x", "NOT_YAML", /an alias names no anchor/],
    ["when it has more than 20 aliases", `a: &x 1\nb: [${"*x,".repeat(21)}]`, "NOT_YAML", /more than 20 aliases \(\*name\)$/],
    [
      "when it has more than 20 anchors with an alias each",
      Array.from({ length: 21 }, (_, index) => `- &a${index} 1\n- *a${index}`).join("\n"),
      "NOT_YAML",
      /more than 20 aliases/,
    ],
    [
      "when aliases multiply",
      `a: &a [${"x,".repeat(9)}]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]`,
      "NOT_YAML",
      /more than 20 times$/,
    ],
    ["when an anchor holds itself", "a: &a [*a]", "TOO_DEEP", /64 deep$/],
    ["when it is too deep for the parser", "[".repeat(5000), "TOO_DEEP", /nested too deep$/],
    ["when a number is infinite", "a: .inf", "INVALID_CONFIGURATION", /^a: expected a finite number/],
    ["when it holds bytes", "a: !!binary aGVsbG8=", "INVALID_CONFIGURATION", /^a: expected a JSON value/],
    ["when a field is named __proto__", "a:\n  __proto__: 1", "INVALID_CONFIGURATION", /^a\.__proto__: /],
  ])("%s", (_, text, code, message) => {
    const refusal = refusalOf(() => readYaml(text));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toMatch(message);
  });

  test.each([
    ["of list entries", `[${"1,".repeat(500_000)}]`],
    ["of line ends", "- \n".repeat(300_000)],
    ["of closing brackets", "]".repeat(1_000_000)],
    ["of tags", `[${"!x,".repeat(300_000)}]`],
    ["of bad escapes in one text", `"${"\\x".repeat(500_000)}"`],
    ["of comments", "#\n".repeat(500_000)],
  ])("when it has more than 50000 parts, as a megabyte %s", (_, text) => {
    expect(refusalOf(() => readYaml(text))).toMatchObject({ code: "TOO_LARGE", message: expect.stringContaining("more than 50000 parts") });
  });

  test("with as many errors as parts, in the time of any other, and with stacks in other errors as before", () => {
    expect(refusalOf(() => readYaml("]".repeat(49_000))).code).toBe("NOT_YAML");
    expect(Error.stackTraceLimit).toBeGreaterThan(0);
    expect(new Error("other").stack).toContain("json-document.test");
  });

  test("in time that grows with its length, not with the square of its keys", () => {
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `key${index}: 1`).join("\n");
    // Four times the keys: about four times the work where it is linear, sixteen where it is not. The machine's speed cancels out.
    expect(leastCpu(() => readYaml(keys(6000))) / leastCpu(() => readYaml(keys(1500)))).toBeLessThan(10);
  });
});

/** Microseconds of this process, the least of several tries: what else the machine does is not in it. */
function leastCpu(action: () => unknown): number {
  const tries = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    action();
    return process.cpuUsage(before).user;
  });
  return Math.max(1, Math.min(...tries));
}

test("no message about a broken text quotes it", () => {
  const broken = fc
    .tuple(secretive, fc.nat(), fc.constantFrom("", ":", "]", '"', "\n", "\t", "&", "*", "!", "{"))
    .map(([value, at, put]) => {
      const text = JSON.stringify(value);
      return text.slice(0, at % (text.length + 1)) + put;
    });
  fc.assert(
    fc.property(broken, (text) => {
      for (const read of [readJson, readYaml]) expect(refusalTextOf(() => read(text))).not.toContain(CANARY);
    }),
  );
});

describe("a field that is there twice is refused with its path", () => {
  test.each<[string, string]>([
    ["a", '{"a": 1, "b": 2, "a": 3}'],
    ["a", '{"a": 1, "\\u0061": 1}'],
    ["run_config.env.A", '{"run_config": {"env": {"A": "\\"}", "B": "{", "A": ""}}}'],
    ["list[2].x", '{"list": [{"x": 1}, ["x", "x"], {"x": [1, 2], "y": {}, "x" \n : 2}]}'],
    ["[1].a", '[{"a": 1}, {"a": [{"a": 1}], "a": 1}]'],
    ["b", '{"a": "\\\\", "b": ":", "b": 1}'],
  ])("%s in %s", (path, text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(refusalOf(() => readJson(text))).toMatchObject({ code: "INVALID_MESSAGE", path, message: expect.stringContaining("twice") });
  });

  test("what is no repeated field is left alone: values, other objects, names in texts", () => {
    for (const text of [
      '{"a": "a", "b": {"a": {"a": "a"}}}',
      '["a", "a"]',
      '{"a": "\\"a\\": 1", "b": "\\"a\\":"}',
      '"a"',
      '{"a": ["b", "b"], "b": "a"}',
    ]) {
      expect(readJson(text)).toEqual(JSON.parse(text));
    }
  });

  test("any document that a serializer wrote has none", () => {
    fc.assert(fc.property(fc.json(), (text) => repeatedField(text) === undefined));
  });
});
