/** `slipway quarantine` against the embedded stack: looked at, redriven after the fix, dropped. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevStack } from "../support/dev-stack.ts";
import { tableReader } from "../support/table-reader.ts";

let stack: DevStack;
let send: (body: unknown) => Promise<string>;
let table: ReturnType<typeof tableReader>;

beforeAll(async () => {
  stack = await DevStack.create();
  await start();
});
afterAll(() => stack.remove());

async function start(): Promise<void> {
  await stack.start();
  send = await stack.sender();
  const file = await stack.stackFile();
  table = tableReader(file.endpoints.dynamodb, file.table);
}

async function listed(count: number): Promise<{ id: string; code: string; count: number; run_id: string | null; redrives: number }[]> {
  const list = async () => JSON.parse((await stack.cli(["quarantine", "list", "--json"])).stdout);
  await table.until(
    async () => ((await table.quarantined()).length === count ? true : undefined),
    20,
    async () => JSON.stringify(await list()),
  );
  return list();
}

async function ended(id: string): Promise<Record<string, unknown>> {
  const look = async () => (await table.runs()).find((run) => run["id"] === id && run["ended_at"] !== undefined);
  return table.until(look, 20, async () => JSON.stringify(await table.runs()));
}

test("refused messages are listed, shown without their values, redriven once what was wrong is mended, and dropped", async () => {
  expect(await stack.cli(["quarantine", "list"])).toMatchObject({ status: 0, stdout: "nothing is in quarantine\n" });
  const file = join(stack.folder, "redriven");
  const { endpoints } = (await stack.stackFile()) as { endpoints: { s3?: string } };
  const request = { command: ["/bin/sh", "-c", `echo once >> ${file}`], run_config: { type: "LocalRun" } };
  await fetch(new URL("slipway-payloads/asked/r.json", endpoints.s3), { method: "PUT", body: JSON.stringify(request) });
  const pointed = await send({ request_path: "s3://slipway-payloads/asked/r.json" });
  await send({ id: "typo", comand: ["echo", "hunter2"], run_config: { type: "LocalRun", env: { PASSWORD: "hunter2" } } });
  await send("{no json hunter2");
  const all = await listed(3);
  expect(all.map(({ code }) => code).toSorted()).toEqual(["INVALID_REQUEST", "NOT_JSON", "REQUEST_PATH_NOT_ALLOWED"]);
  const idOf = (code: string) => all.find((entry) => entry.code === code)?.id ?? "";

  const people = await stack.cli(["quarantine", "list"]);
  expect(people.stdout).toMatch(/ID +CODE +WHY +RUN +LAST SEEN +TIMES/);
  expect(people.stdout).toMatch(/INVALID_REQUEST +comand: unknown field \(did you mean "command"\?\) +typo/);
  const shown = await stack.cli(["quarantine", "show", idOf("INVALID_REQUEST")]);
  expect(shown.stdout).toContain('"PASSWORD": "(a string)"');
  expect((await stack.cli(["quarantine", "show", idOf("NOT_JSON"), "--json"])).stdout).toContain('"code": "NOT_JSON"');
  for (const id of all.map((entry) => entry.id)) {
    for (const args of [[], ["--json"]]) expect((await stack.cli(["quarantine", "show", id, ...args])).stdout).not.toContain("hunter2");
  }
  expect((await stack.cli(["quarantine", "show", idOf("INVALID_REQUEST"), "--reveal"])).stdout).toContain("hunter2");

  const explained = await stack.cli(["explain", "typo"]);
  expect(explained.status).toBe(1);
  expect(explained.stdout).toMatch(/kept in quarantine: INVALID_REQUEST, comand: unknown field/);
  expect(explained.stdout).toContain(`slipway quarantine redrive ${idOf("INVALID_REQUEST")}`);
  expect(explained.stdout).not.toContain("hunter2");

  const early = await stack.cli(["quarantine", "redrive", "--code", "INVALID_REQUEST", "--json"]);
  expect(early.status).toBe(1);
  expect(JSON.parse(early.stdout)).toEqual([
    {
      id: idOf("INVALID_REQUEST"),
      redriven: false,
      code: "INVALID_REQUEST",
      reason: 'INVALID_REQUEST: comand: unknown field (did you mean "command"?)',
    },
  ]);
  expect((await listed(3)).find(({ code }) => code === "INVALID_REQUEST")).toMatchObject({ count: 1, redrives: 1 });

  await stack.end("SIGINT");
  await stack.configure('targets: [{name: local, type: local}]\nrequests: {from: ["s3://slipway-payloads/asked/"]}\n');
  await start();
  const again = [
    await stack.cli(["quarantine", "redrive", idOf("REQUEST_PATH_NOT_ALLOWED")]),
    await stack.cli(["quarantine", "redrive", "--all"]),
  ];
  expect(again[0]).toMatchObject({ status: 0, stdout: `${idOf("REQUEST_PATH_NOT_ALLOWED")}: redriven\n` });
  expect(await ended(pointed)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  expect(await listed(2)).toHaveLength(2);
  expect(await readFile(file, "utf8")).toBe("once\n");

  expect(await stack.cli(["quarantine", "drop", idOf("NOT_JSON"), idOf("INVALID_REQUEST")])).toMatchObject({ status: 0 });
  expect(await stack.cli(["quarantine", "list", "--json"])).toMatchObject({ status: 0, stdout: "[]\n" });
}, 180_000);

test.each<[string, string[], number, string]>([
  ["an id that nothing has", ["show", "0".repeat(26)], 1, "nothing in quarantine has the id"],
  ["what can't be an id", ["drop", "../x"], 1, "nothing in quarantine has the id"],
  ["a redrive of nothing", ["redrive"], 2, "name entries by their ids, or --code CODE, or --all"],
  ["a redrive of two kinds", ["redrive", "--all", "--code", "X"], 2, "name entries by their ids, or --code CODE, or --all"],
])("%s is told so", async (_what, args, status, text) => {
  const told = await stack.cli(["quarantine", ...args]);
  expect(told).toMatchObject({ status, stderr: expect.stringContaining(text) });
});
