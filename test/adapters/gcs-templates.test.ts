import { Storage } from "@google-cloud/storage";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gcsTemplates } from "../../shared/adapters/gcs-templates.ts";
import { templateReader } from "../../shared/adapters/template-reader.ts";
import { TemplateUnavailable } from "../../shared/core/errors.ts";
import type { TemplateReader } from "../../shared/core/ports.ts";
import { type GcsDouble, startGcsDouble } from "../support/gcs-double.ts";
import { refusalFrom } from "../support/refusal.ts";

let gcs: GcsDouble;
let reader: TemplateReader;

beforeEach(async () => {
  gcs = await startGcsDouble();
  gcs.objects.set("acme/templates/job.yml", { body: "kind: Job", generation: "1700000000000001" });
  const storage = new Storage({ apiEndpoint: gcs.endpoint, projectId: "p", retryOptions: { autoRetry: false } });
  reader = templateReader(["gs://acme/templates/"], { gs: gcsTemplates(async () => storage), timeout: 1000 });
});
afterEach(() => gcs.stop());

const ask = (path = "gs://acme/templates/job.yml") => reader.read({ path, origin: "run", field: "run_config.job_template_path" });

test("an object is read by its generation, and kept while that is the same", async () => {
  const first = await ask();
  expect(first).toMatchObject({ document: { kind: "Job" }, version: "1700000000000001" });
  expect((await ask()).document).toBe(first.document);
  expect(gcs.seen).toEqual(["metadata 200", "media 200", "metadata 200"]);
  gcs.objects.set("acme/templates/job.yml", { body: "kind: Other", generation: "1700000000000002" });
  expect(await ask()).toMatchObject({ document: { kind: "Other" }, version: "1700000000000002" });
});

test("gcs:// and gs:// are the same, and names are taken as they are", async () => {
  gcs.objects.set("acme/templates/a b+ü%2e?x#y.yml", { body: "kind: Odd", generation: "3" });
  expect((await ask("gcs://acme/templates/a b+ü%2e?x#y.yml")).document).toEqual({ kind: "Odd" });
});

test.each<[string, number[], string, string]>([
  ["a missing object", [404], "TEMPLATE_NOT_FOUND", "no such bucket or object"],
  ["access denied", [403], "TEMPLATE_DENIED", "storage.objects.get"],
  ["nobody in particular", [401], "TEMPLATE_DENIED", "401"],
  ["a request that is wrong", [400], "TEMPLATE_DENIED", "400"],
])("refused: %s", async (_rule, faults, code, text) => {
  gcs.faults.set("acme/templates/job.yml", faults);
  const refusal = await refusalFrom(ask());
  expect(refusal).toMatchObject({ code, path: "run_config.job_template_path" });
  expect(refusal.message).toContain(text);
  expect(refusal.message).not.toContain("secret-message");
});

test.each<[string, number | undefined]>([
  ["it says so", undefined],
  ["it says otherwise", 10],
])("a large object is refused, whether %s", async (_rule, size) => {
  gcs.objects.set("acme/templates/job.yml", {
    body: `a: ${"x".repeat(1024 * 1024)}`,
    generation: "2",
    ...(size === undefined ? {} : { size }),
  });
  expect(await refusalFrom(ask())).toMatchObject({ code: "TOO_LARGE" });
  expect(gcs.seen).toHaveLength(size === undefined ? 1 : 2);
});

test.each<[string, (number | "stalled" | "truncated")[]]>([
  ["throttling", [429]],
  ["an error of the service", [503]],
  ["no answer", ["stalled"]],
  ["an error of the service on the content", [200, 503]],
  ["content that never comes", [200, "stalled"]],
  ["content that ends early", [200, "truncated"]],
])("may be read later: %s", async (_rule, faults) => {
  gcs.faults.set("acme/templates/job.yml", faults);
  await expect(ask()).rejects.toThrow(TemplateUnavailable);
  expect((await ask()).document).toEqual({ kind: "Job" });
});

test("an object that is replaced between the two calls is read later", async () => {
  const storage = new Storage({ apiEndpoint: gcs.endpoint, projectId: "p", retryOptions: { autoRetry: false } });
  const bucket = storage.bucket.bind(storage);
  let calls = 0;
  storage.bucket = (...args) => {
    if (++calls === 2) gcs.objects.set("acme/templates/job.yml", { body: "kind: Other", generation: "9" });
    return bucket(...args);
  };
  const racing = templateReader(["gs://acme/templates/"], { gs: gcsTemplates(async () => storage), timeout: 1000 });
  const read = () => racing.read({ path: "gs://acme/templates/job.yml", origin: "run" });
  await expect(read()).rejects.toThrow(TemplateUnavailable);
  expect(await read()).toMatchObject({ document: { kind: "Other" }, version: "9" });
});
