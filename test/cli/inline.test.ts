import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inlineTemplates } from "../../functions/cli/inline.ts";
import type { Json } from "../../shared/core/json.ts";
import { refusalFrom } from "../support/refusal.ts";

let folder: string;
let requestFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-inline-"));
  requestFile = join(folder, "requests", "run.json");
  await mkdir(join(folder, "requests"));
  await writeFile(join(folder, "requests", "job.yml"), "kind: Job\nspec: {template: {}}\n");
  await writeFile(join(folder, "task.json"), '{"family": "etl"}');
  await writeFile(join(folder, "bad.yml"), "a: [1");
  await writeFile(join(folder, "list.yml"), "[1]");
  await writeFile(join(folder, "empty.yml"), "");
  await writeFile(join(folder, "large.yml"), `a: ${"x".repeat(1024 * 1024)}`);
  await writeFile(join(folder, "poison.json"), '{"a": {"__proto__": 1}}');
});
afterAll(() => rm(folder, { recursive: true }));

const JOB = { kind: "Job", spec: { template: {} } };
const TASK = { family: "etl" };

test.each<[string, () => Json, () => Json]>([
  [
    "a plain path counts from the request's file",
    () => ({ type: "KubernetesRun", job_template_path: "job.yml" }),
    () => ({ type: "KubernetesRun", job_template: JOB }),
  ],
  [
    "it may climb: these are the person's own files",
    () => ({ type: "ECSRun", task_definition_path: "../task.json" }),
    () => ({ type: "ECSRun", task_definition: TASK }),
  ],
  ["file:", () => ({ type: "KubernetesRun", job_template_path: "file:job.yml" }), () => ({ type: "KubernetesRun", job_template: JOB })],
  [
    "file:// with an absolute path",
    () => ({ type: "ECSRun", task_definition_path: `file://${folder}/task.json` }),
    () => ({ type: "ECSRun", task_definition: TASK }),
  ],
  [
    "local://",
    () => ({ type: "ECSRun", task_definition_path: `local://${folder}/task.json` }),
    () => ({ type: "ECSRun", task_definition: TASK }),
  ],
  [
    "an absolute path",
    () => ({ type: "ECSRun", task_definition_path: `${folder}/task.json` }),
    () => ({ type: "ECSRun", task_definition: TASK }),
  ],
  [
    "a text in place of the task definition is a path",
    () => ({ type: "ECSRun", task_definition: "../task.json" }),
    () => ({ type: "ECSRun", task_definition: TASK }),
  ],
  [
    "a null beside the path is nothing",
    () => ({ type: "KubernetesRun", job_template_path: "job.yml", job_template: null }),
    () => ({ type: "KubernetesRun", job_template: JOB }),
  ],
  [
    "other fields stay",
    () => ({ type: "ECSRun", cpu: "1024", task_definition_path: "../task.json" }),
    () => ({ type: "ECSRun", cpu: "1024", task_definition: TASK }),
  ],
])("inlined: %s", async (_rule, given, expected) => {
  expect(await inlineTemplates({ id: "r", run_config: given() }, requestFile)).toStrictEqual({ id: "r", run_config: expected() });
  // A bare run config is a whole request.
  expect(await inlineTemplates(given(), requestFile)).toStrictEqual(expected());
});

test.each<[string, Json]>([
  ["s3", { type: "KubernetesRun", job_template_path: "s3://b/k" }],
  ["gs", { type: "ECSRun", task_definition_path: "gs://b/k" }],
  ["agent", { type: "ECSRun", task_definition_path: "agent:job.yml" }],
  ["unknown schemes, for the schema or the dispatcher to refuse", { type: "ECSRun", task_definition: "ftp://b/k" }],
  ["an inline template", { type: "KubernetesRun", job_template: { a: 1 } }],
  ["both, which is an error that the schema tells", { type: "KubernetesRun", job_template: {}, job_template_path: "job.yml" }],
  ["a null path", { type: "KubernetesRun", job_template_path: null }],
  ["a path in a type that has none", { type: "DockerRun", job_template_path: "job.yml" }],
  ["a path of the wrong type", { type: "ECSRun", task_definition_path: 3 }],
  ["no type", { job_template_path: "job.yml" }],
])("left as it is: %s", async (_rule, config) => {
  expect(await inlineTemplates({ run_config: config }, requestFile)).toStrictEqual({ run_config: config });
});

test.each<Json>([null, 3, "job.yml", [], { wake: 1 }, { run_config: null }, { run_config: [] }])("left as it is: %j", async (document) => {
  expect(await inlineTemplates(document, requestFile)).toBe(document);
});

test.each<[string, string, string, string]>([
  ["a missing file", "nothing.yml", "TEMPLATE_NOT_FOUND", "there is no file"],
  ["a folder", "..", "TEMPLATE_NOT_FOUND", "is a folder"],
  ["a file in a file", "job.yml/x", "TEMPLATE_NOT_FOUND", "there is no file"],
  ["no YAML", "../bad.yml", "NOT_YAML", "bad.yml: the document cannot be read as YAML"],
  ["a list", "../list.yml", "INVALID_TEMPLATE", "expected an object at the top, found a list"],
  ["an empty file", "../empty.yml", "INVALID_TEMPLATE", "found null"],
  ["a large file", "../large.yml", "TOO_LARGE", "larger than 1048576 bytes"],
  ["a name that reaches the prototype", "../poison.json", "INVALID_TEMPLATE", "a.__proto__"],
])("refused with the field's path: %s", async (_rule, file, code, text) => {
  const refusal = await refusalFrom(inlineTemplates({ run_config: { type: "KubernetesRun", job_template_path: file } }, requestFile));
  expect(refusal).toMatchObject({ code, path: "run_config.job_template_path" });
  expect(refusal.message).toContain(text);
  const bare = await refusalFrom(inlineTemplates({ type: "ECSRun", task_definition: file }, requestFile));
  expect(bare).toMatchObject({ code, path: "task_definition" });
});

test("paths of standard input count from the working directory", async () => {
  const refusal = await refusalFrom(inlineTemplates({ type: "ECSRun", task_definition: "no-such.yml" }, "-"));
  expect(refusal.message).toContain(join(process.cwd(), "no-such.yml"));
});
