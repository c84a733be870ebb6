/** docs/operations.md and what is deployed say the same. */
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { alarmResources } from "../../functions/deploy/alarms.ts";
import { FUNCTION_NAMES } from "../../functions/deploy/rights.ts";
import { readYaml } from "../../shared/schema/json-document.ts";

let page: string;
beforeAll(async () => {
  page = await readFile("docs/operations.md", "utf8");
});

/** The rows of the tables below a heading, as their cells. */
function rows(heading: string): readonly (readonly string[])[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split("|").map((cell) => cell.trim()));
}

test("every alarm that is deployed has a row with what to do, and no row is about another", () => {
  const deployed = Object.keys(alarmResources("slipway", "prod", FUNCTION_NAMES, "")).map((name) => name.replace(/Alarm$/, ""));
  const ofFunctions = deployed.filter((name) => FUNCTION_NAMES.some((each) => `${each}errors` === name.toLowerCase()));
  expect(ofFunctions.length).toBe(FUNCTION_NAMES.length);
  const documented = rows("Alarms").map(([name]) => name);
  expect(documented.toSorted()).toEqual(
    ["alarm", "*function*Errors", ...deployed.filter((name) => !ofFunctions.includes(name))].toSorted(),
  );
});

test("every parameter of serverless.yml is explained", async () => {
  const document = JSON.stringify(readYaml(await readFile("serverless.yml", "utf8")));
  const { params }: { params: { default: Record<string, unknown> } } = JSON.parse(document);
  const documented = rows("Deploy").flatMap(([names = ""]) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(documented.toSorted()).toEqual(Object.keys(params.default).toSorted());
});

test("every alarm is paid for", () => {
  const deployed = Object.keys(alarmResources("slipway", "prod", FUNCTION_NAMES, ""));
  expect(rows("What it costs").find(([what]) => what === "alarms")?.[1]).toBe(String(deployed.length));
});

test("the sums of the costs are the sums of their rows", () => {
  const costs = rows("What it costs");
  const totals = costs.flatMap((row, index) => (row[0] === "**together**" ? [{ index, total: Number(row[3]?.replaceAll("*", "")) }] : []));
  expect(totals.length).toBe(2);
  let from = 0;
  for (const { index, total } of totals) {
    const parts = costs
      .slice(from, index)
      .map((row) => Number(row[3]))
      .filter((cost) => !Number.isNaN(cost));
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 2);
    from = index + 1;
  }
});
