import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import { DevStack } from "../support/dev-stack.ts";
import { tableReader } from "../support/table-reader.ts";

let stack: DevStack;
let send: (body: unknown) => Promise<string>;
let table: ReturnType<typeof tableReader>;

beforeAll(async () => {
  stack = await DevStack.create();
  await stack.start();
  send = await stack.sender();
  const file = await stack.stackFile();
  table = tableReader(file.endpoints.dynamodb, file.table);
});
afterAll(() => stack.remove());

const appending = (file: string) => ["/bin/sh", "-c", `echo once >> ${join(stack.folder, file)}`];

async function ended(id: string): Promise<Record<string, unknown>> {
  const look = async () => (await table.runs()).find((run) => run["id"] === id && run["ended_at"] !== undefined);
  return table.until(look, 20, async () => JSON.stringify(await table.runs()));
}

test("a run request is launched", async () => {
  await send({ id: "request", command: appending("request"), run_config: { type: "UniversalRun" } });
  expect(await ended("request")).toMatchObject({ state: "SUCCEEDED", target: "local", attempt: 1 });
});

test("a bare run config is a request, named by its message", async () => {
  const id = await send({ type: "LocalRun", env: {} });
  // It has no command, and the target none either: the record says so.
  expect(await ended(id)).toMatchObject({ state: "REJECTED", error: { code: "COMMAND_MISSING", path: "command" } });
});

test("a request in a CloudEvent in an SNS notification is launched, named by the event", async () => {
  const data = { command: appending("wrapped"), run_config: { type: "LocalRun" } };
  const event = { specversion: "1.0", id: "1", source: "/test", type: "run", data };
  await send({ Type: "Notification", MessageId: "sns-1", Message: JSON.stringify(event) });
  expect(await ended("/test|1")).toMatchObject({ state: "SUCCEEDED" });
  expect(await readFile(join(stack.folder, "wrapped"), "utf8")).toBe("once\n");
});

test("delivered twenty times in parallel: one process", async () => {
  const body = { id: "twenty", command: appending("twenty"), run_config: { type: "LocalRun" } };
  await Promise.all(Array.from({ length: 20 }, () => send(body)));
  expect(await ended("twenty")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  await send({ id: "after-twenty", command: ["true"], run_config: { type: "LocalRun" } });
  await ended("after-twenty");
  expect(await readFile(join(stack.folder, "twenty"), "utf8")).toBe("once\n");
});

test("a request that does not fit its item is kept in S3, and launched as any other", async () => {
  const env = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`PART_${index}`, randomBytes(2000).toString("base64")]));
  const seen = `printf %s "$PART_39" | cksum > ${join(stack.folder, "large")}`;
  await send({ id: "large", command: ["/bin/sh", "-c", seen], run_config: { type: "LocalRun", env } });
  expect(await ended("large")).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  const { request } = (await table.runs()).find((run) => run["id"] === "large") as { request: Uint8Array };
  expect(request.length).toBeLessThan(300);
  expect(Buffer.from(request).toString("latin1")).toContain(`s3://slipway-payloads/requests/${runKey("large")}/`);
  expect(await readFile(join(stack.folder, "large"), "utf8")).toMatch(/ 2668\n$/);
});

test("the same id with another content is kept as ID_REUSED, and the first run untouched", async () => {
  await send({ id: "reused", command: appending("reused"), run_config: { type: "LocalRun" } });
  const first = await ended("reused");
  await send({ id: "reused", command: ["false"], run_config: { type: "LocalRun" } });
  const kept = await table.until(
    async () => (await table.quarantined()).find((item) => item["code"] === "ID_REUSED"),
    20,
    async () => "nothing kept",
  );
  expect(kept).toMatchObject({ run_id: "reused", issues: [{ path: "id" }] });
  expect(await ended("reused")).toEqual(first);
});

const BAD: [rule: string, body: string, code: string, path: string][] = [
  ["not JSON", "{not json", "NOT_JSON", ""],
  ["unknown type", '{"id": "bad-type", "run_config": {"type": "LocalRnu"}}', "INVALID_REQUEST", "run_config.type"],
  ["unknown field", '{"id": "bad-field", "comand": ["true"], "run_config": {"type": "LocalRun"}}', "INVALID_REQUEST", "comand"],
  ["a pointer, where no place is named", '{"request_path": "s3://bucket/r.json"}', "REQUEST_PATH_NOT_ALLOWED", "request_path"],
  ["wrong type", '{"id": "bad-value", "command": "true", "run_config": {"type": "LocalRun"}}', "INVALID_REQUEST", "command"],
];

test("bad messages are kept with a reason that names the path, and the good one beside them is launched", async () => {
  await Promise.all([...BAD.map(([, body]) => send(body)), send({ id: "beside", command: ["true"], run_config: { type: "LocalRun" } })]);
  expect(await ended("beside")).toMatchObject({ state: "SUCCEEDED" });
  for (const [rule, , code, path] of BAD) {
    const look = async () =>
      (await table.quarantined()).find(
        (item) => item["code"] === code && (item["issues"] as { path: string }[]).some((issue) => issue.path === path),
      );
    expect(await table.until(look, 20, async () => `${rule}: ${JSON.stringify(await table.quarantined())}`), rule).toBeDefined();
  }
});

test("a wrapper killed while its command runs is LOST, and not run again", async () => {
  await send({
    id: "killed",
    command: ["/bin/sh", "-c", `echo $$ >> ${join(stack.folder, "killed")}; sleep 600`],
    run_config: { type: "LocalRun" },
  });
  const marker = join(stack.folder, ".slipway", "local", `${runKey("killed")}-1`, "marker.json");
  const pidOf = async () => {
    const command = await readFile(join(stack.folder, "killed"), "utf8").catch(() => "");
    return command === ""
      ? undefined
      : { command: Number(command), wrapper: JSON.parse(await readFile(marker, "utf8")).wrapper.pid as number };
  };
  const { command, wrapper } = await table.until(pidOf, 20, async () => "no marker");
  process.kill(wrapper, "SIGKILL");
  expect(await ended("killed")).toMatchObject({ state: "LOST", attempt: 1 });
  await send({ run: "killed" });
  await send({ id: "after-killed", command: ["true"], run_config: { type: "LocalRun" } });
  await ended("after-killed");
  expect(await ended("killed")).toMatchObject({ state: "LOST", attempt: 1 });
  process.kill(-command, "SIGKILL");
});

test("what is over max_parallel waits, and is taken up as soon as there is room", async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `many-${index}`);
  await Promise.all(ids.map((id) => send({ id, command: ["sleep", "1"], run_config: { type: "LocalRun" } })));
  for (const id of ids) expect(await ended(id)).toMatchObject({ state: "SUCCEEDED" });
});

test("a cancel stops a running run, and one that comes before its request leaves nothing to launch", async () => {
  await send({ id: "long", command: ["sleep", "600"], run_config: { type: "LocalRun" } });
  await table.until(
    async () => (await table.runs()).find((run) => run["id"] === "long" && run["handle"] !== undefined),
    20,
    async () => "never launched",
  );
  await send({ cancel: { id: "long" } });
  expect(await ended("long")).toMatchObject({ state: "CANCELLED" });
  await send({ cancel: { id: "early" } });
  await table.until(
    async () => (await table.runs()).find((run) => run["id"] === "early"),
    20,
    async () => "no tombstone",
  );
  await send({ id: "early", command: appending("early"), run_config: { type: "LocalRun" } });
  expect(await ended("early")).toMatchObject({ state: "CANCELLED" });
  await expect(readFile(join(stack.folder, "early"))).rejects.toThrow("ENOENT");
});
