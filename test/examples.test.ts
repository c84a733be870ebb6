import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMessage } from "../functions/cli/request.ts";
import { loadConfiguration, planningOf } from "../functions/composition/planning.ts";
import { dueTimesOf } from "../functions/composition/schedules.ts";
import { type Emulators, startEmulators } from "../functions/local/emulators.ts";
import { prepare } from "../shared/core/prepare.ts";
import { route } from "../shared/core/route.ts";
import type { RunRequest } from "../shared/core/run.ts";
import { launchers } from "../shared/launchers/registry.ts";
import { EXPECTATIONS } from "./support/example-plans.ts";
import { refusalFrom } from "./support/refusal.ts";

let folder: string;
let emulators: Emulators;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-examples-"));
  emulators = await startEmulators(folder);
  const s3 = new S3Client({
    endpoint: emulators.endpoints.s3,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    forcePathStyle: true,
  });
  for (const [Bucket, Key] of [
    ["bucket", "flow_task_definition.yaml"],
    ["example-bucket", "my_custom_template.yaml"],
  ] as const) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: await readFile(`examples/templates/${Key}`) }));
  }
});
afterAll(async () => {
  await emulators.stop();
  await rm(folder, { recursive: true, force: true });
});

async function requestIn(file: string): Promise<RunRequest> {
  const message = await readMessage(`examples/${file}`, "example-run");
  if (message.kind !== "request") throw new Error(`${file} is no request`);
  return message.request;
}

async function planningWith(file: string) {
  return planningOf(
    await loadConfiguration(`examples/${file}`),
    { stateFolder: folder },
    { environment: {}, embedded: { s3: emulators.endpoints.s3 } },
  );
}

async function planned(file: string, change: (request: RunRequest) => RunRequest = (request) => request) {
  const { target, plan } = await prepare(await planningWith("slipway.yml"), change(await requestIn(file)), 1);
  return { target: target.name, calls: Object.fromEntries(plan.calls.map(({ api, input }) => [api, input])) };
}

describe.each(EXPECTATIONS)("$file", (expected) => {
  test("is routed", async () => {
    const { configuration } = await planningWith("slipway.yml");
    const target = route(await requestIn(expected.file), {
      targets: configuration.targets,
      launcherOf: ({ type }) => launchers[type] ?? expect.fail(`no target of type ${type} can be configured`),
    });
    expect({ name: target.name, type: target.type }).toEqual({ name: expected.target, type: expected.launcher });
  });

  if ("refused" in expected) {
    test("is refused, with what to do", async () => {
      const refusal = await refusalFrom(planned(expected.file));
      expect(refusal.code).toBe(expected.refused);
      expect(refusal.message).toMatch(expected.says);
    });
  } else {
    test("shows in its plan what the documentation says", async () => {
      const { calls } = await planned(expected.file);
      expect(calls).toMatchObject(expected.calls);
      for (const api of expected.without ?? []) expect(calls).not.toHaveProperty([api]);
    });
  }
});

test("example 18 is planned once its memory fits its CPU", async () => {
  const { calls } = await planned("18-ecs-image-and-cpu.json", (request) => {
    if (request.runConfig.type !== "ECSRun") throw new Error("not an ECSRun");
    return { ...request, runConfig: { ...request.runConfig, memory: "4 GB" } };
  });
  expect(calls["ecs:RunTask"]).toMatchObject({ overrides: { cpu: "2048", memory: "4096" } });
});

test("every file is in the table of the README, and every example of the documentation is a file with its expectation", async () => {
  const readme = await readFile("examples/README.md", "utf8");
  const listed = [...readme.matchAll(/^\| \[([^\]]+)\]/gm)].map((match) => (match[1] ?? "").replace(/\/$/, ""));
  const files = (await readdir("examples")).filter((name) => name !== "README.md");
  expect(listed.toSorted()).toEqual(files.toSorted());
  const numbered = files.filter((name) => /^\d\d-/.test(name));
  expect(EXPECTATIONS.map(({ file }) => file).toSorted()).toEqual(numbered.toSorted());
  const numbers = new Set(numbered.map((name) => Number(name.slice(0, 2))));
  expect([...numbers].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
});

test("schedules.yml is a configuration, whose schedules come when its comments say", async () => {
  const { schedules = [] } = await loadConfiguration("examples/schedules.yml");
  const after = Date.parse("2026-11-21T12:00:00Z");
  const next = schedules.map((schedule) => [
    schedule.name,
    schedule.enabled,
    new Date(dueTimesOf(schedule).next(after) ?? 0).toISOString(),
  ]);
  expect(next).toEqual([
    ["nightly", true, "2026-11-22T02:00:00.000Z"],
    ["poll", true, "2026-11-23T13:00:00.000Z"],
    ["closing", false, "2026-11-30T23:30:00.000Z"],
  ]);
});
