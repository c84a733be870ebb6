import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HTTP_PROBLEMS } from "../functions/http/problem.ts";
import { REFUSAL_CODES } from "../shared/core/errors.ts";
import { dockerFailures } from "../shared/launchers/docker/failures.ts";
import { ecsFailures } from "../shared/launchers/ecs/failures.ts";
import { kubernetesFailures } from "../shared/launchers/kubernetes/failures.ts";
import { localFailures } from "../shared/launchers/local/failures.ts";
import { vertexFailures } from "../shared/launchers/vertex/failures.ts";

/** The codes in each table of the page: heading → codes. */
async function documented(): Promise<ReadonlyMap<string, readonly string[]>> {
  const page = await readFile("docs/errors.md", "utf8");
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const rows = [...section.matchAll(/^\| (`[^|]*`) \|([^|]*)\|([^|]*)\|$/gm)];
      for (const [row, , meaning, remedy] of rows) for (const cell of [meaning, remedy]) expect(cell?.trim(), row).not.toBe("");
      return [
        section.split("\n", 1)[0] ?? "",
        rows.flatMap(([, codes]) => [...(codes ?? "").matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "")),
      ];
    }),
  );
}

async function sourceText(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))).join("\n");
}

/** The codes that the core itself writes on a record: `code: "X"`, and what an attempt in doubt stays with. */
async function recordCodes(): Promise<readonly string[]> {
  const text = await sourceText("shared/core");
  const found = [...text.matchAll(/(?:\bcode: |\bstays\(\s*)"([A-Z][A-Z_]+)"/g)].map(([, code]) => code ?? "");
  return [...new Set(found)].filter((code) => !(REFUSAL_CODES as readonly string[]).includes(code));
}

test.each([
  ["Refused before anything is launched", async () => REFUSAL_CODES],
  ["On a run's record", recordCodes],
  ["Over HTTP", async () => Object.keys(HTTP_PROBLEMS)],
  ["Local runs", async () => localFailures.flatMap(({ code }) => code ?? [])],
  ["ECS", async () => ecsFailures.flatMap(({ code }) => code ?? [])],
  ["Kubernetes", async () => [...new Set(kubernetesFailures.flatMap(({ code }) => code ?? []))]],
  ["Docker", async () => dockerFailures.flatMap(({ code }) => code ?? [])],
  ["Vertex AI", async () => [...new Set(vertexFailures.flatMap(({ code }) => code ?? []))]],
] as const)("%s: every code of the sources has a row, and every row's code is in the sources, once", async (heading, codes) => {
  const rows = (await documented()).get(heading) ?? [];
  expect(rows.toSorted()).toEqual([...(await codes())].toSorted());
});

test("what a problem document of the HTTP interface says to do is what the page says", async () => {
  // Services have codes of the same names, in sections of their own.
  const section = (await readFile("docs/errors.md", "utf8")).split(/^## /m).find((text) => text.startsWith("Over HTTP\n")) ?? "";
  const remedies = Object.fromEntries(Object.entries(HTTP_PROBLEMS).map(([code, [, remedy]]) => [code, remedy]));
  const told = [...section.matchAll(/^\| `([A-Z0-9_]+)` \|[^|]*\| ([^|]*) \|$/gm)].map(([, code, remedy]) => [code, remedy]);
  expect(Object.fromEntries(told.filter(([code]) => Object.hasOwn(remedies, code ?? "")))).toEqual(remedies);
});

test("every refusal's code is used by the product", async () => {
  const text = `${await sourceText("shared")}\n${await sourceText("functions")}`;
  const used = REFUSAL_CODES.filter((code) => text.split(`"${code}"`).length > 2);
  expect(REFUSAL_CODES.filter((code) => !used.includes(code))).toEqual([]);
});
