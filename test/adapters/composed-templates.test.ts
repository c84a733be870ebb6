import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { startFauxqs } from "fauxqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EMBEDDED_REGION } from "../../functions/composition/options.ts";
import { loadConfiguration, type PlanningSurroundings, planningOf } from "../../functions/composition/planning.ts";
import type { Configuration } from "../../shared/core/target.ts";
import { parseSettings } from "../../shared/schema/settings.ts";
import { type GcsDouble, startGcsDouble } from "../support/gcs-double.ts";
import { refusalFrom } from "../support/refusal.ts";

let s3: Awaited<ReturnType<typeof startFauxqs>>;
let endpoint: string;
let gcs: GcsDouble;
let folder: string;

beforeAll(async () => {
  s3 = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
  endpoint = `http://127.0.0.1:${s3.port}`;
  gcs = await startGcsDouble();
  folder = await mkdtemp(join(tmpdir(), "slipway-composed-"));
  await writeFile(join(folder, "job.yml"), "from: folder");
  gcs.objects.set("acme/job.yml", { body: "from: gs", generation: "1" });
  const client = new S3Client({
    endpoint,
    region: EMBEDDED_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: "k", secretAccessKey: "s" },
  });
  await client.send(new CreateBucketCommand({ Bucket: "acme" }));
  await client.send(new PutObjectCommand({ Bucket: "acme", Key: "job.yml", Body: "from: s3" }));
  client.destroy();
});
afterAll(async () => {
  await s3.stop();
  await gcs.stop();
  await rm(folder, { recursive: true });
});

const KEYS = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s", AWS_REGION: "eu-west-1" };

test.each<[string, string, string, () => Omit<PlanningSurroundings, "log">]>([
  ["a folder of the configuration", "job.yml", "folder", () => ({ environment: {} })],
  ["the embedded stack's S3", "s3://acme/job.yml", "s3", () => ({ environment: {}, embedded: { s3: endpoint } })],
  ["an emulator of Cloud Storage", "gs://acme/job.yml", "gs", () => ({ environment: { STORAGE_EMULATOR_HOST: gcs.endpoint } })],
  [
    "an emulator of Cloud Storage, named with its API's path",
    "gs://acme/job.yml",
    "gs",
    () => ({ environment: { STORAGE_EMULATOR_HOST: `${gcs.endpoint}/storage/v1/` } }),
  ],
])("the composition reads templates from %s", async (_rule, path, from, surroundings) => {
  const configuration: Configuration = {
    deployment: "test",
    targets: [],
    retentionDays: 30,
    timing: { deadlineSeconds: 60, leaseSlackSeconds: 15, sweepSeconds: 60, visibilitySeconds: 360, waitScale: 1 },
    templates: { from: [folder, "s3://acme", "gs://acme"] },
  };
  const { templates } = await planningOf(configuration, { stateFolder: undefined }, surroundings());
  expect((await templates.read({ path, origin: "run" })).document).toEqual({ from });
});

test("a relative folder counts from the configuration's file, wherever the dispatcher was started", async () => {
  await mkdir(join(folder, "templates"), { recursive: true });
  await writeFile(join(folder, "templates", "own.yml"), "from: own");
  const text = 'templates: {from: [templates, "s3://acme"]}\ntargets: [{name: one, type: local}]\n';
  await writeFile(join(folder, "slipway.yml"), text);
  const configuration = await loadConfiguration(join(folder, "slipway.yml"));
  expect(configuration.templates).toEqual({ from: [join(folder, "templates"), "s3://acme"] });
  const { templates } = await planningOf(configuration, { stateFolder: undefined }, { environment: {} });
  expect((await templates.read({ path: "own.yml", origin: "run" })).document).toEqual({ from: "own" });
  // A configuration given as it is has no folder of its own.
  expect((await loadConfiguration(text)).templates?.from[0]).toBe(join(process.cwd(), "templates"));
});

test("S3 answers where AWS_ENDPOINT_URL_S3 says", async () => {
  // The SDK takes credentials from the process's own environment.
  const script = `
    import { planningOf } from "./functions/composition/planning.ts";
    const { templates } = await planningOf({ targets: [], templates: { from: ["s3://acme"] } }, { stateFolder: undefined }, { environment: process.env });
    console.log(JSON.stringify((await templates.read({ path: "s3://acme/job.yml", origin: "run" })).document));`;
  expect(await evaluated(script, { ...KEYS, AWS_ENDPOINT_URL_S3: endpoint })).toBe('{"from":"s3"}');
});

const CONFIGURATION = "deployment: elsewhere\ntargets: [{name: one, type: local}]\ntemplates: {from: [templates]}\n";

test("a configuration is read from gs://", async () => {
  gcs.objects.set("acme/slipway.yml", { body: CONFIGURATION, generation: "1" });
  const settings = parseSettings({ STORAGE_EMULATOR_HOST: gcs.endpoint });
  for (const url of ["gs://acme/slipway.yml", "gcs://acme/slipway.yml"]) {
    const configuration = await loadConfiguration(url, undefined, settings);
    expect(configuration).toMatchObject({ deployment: "elsewhere", templates: { from: [join(process.cwd(), "templates")] } });
  }
});

test("a configuration is read from s3://", async () => {
  const put = await fetch(`${endpoint}/acme/slipway.yml`, { method: "PUT", body: CONFIGURATION });
  expect(put.ok).toBe(true);
  const script = `
    import { loadConfiguration } from "./functions/composition/planning.ts";
    console.log((await loadConfiguration("s3://acme/slipway.yml")).deployment);`;
  expect(await evaluated(script, { ...KEYS, AWS_ENDPOINT_URL_S3: endpoint })).toBe("elsewhere");
});

test.each<[string, string, { body: string; fault?: number }, string]>([
  ["no object", "gs://acme/none.yml", { body: "" }, "configuration gs://acme/none.yml: there is no such bucket or object"],
  [
    "a denial",
    "gs://acme/denied.yml",
    { body: CONFIGURATION, fault: 403 },
    "configuration gs://acme/denied.yml: Cloud Storage denied it (403)",
  ],
  ["a bucket", "gs://acme", { body: "" }, "configuration gs://acme: it names no object"],
  ["no object's name", "gs://acme/folder/", { body: "" }, "configuration gs://acme/folder/: it names no object"],
  ["no configuration", "gs://acme/wrong.yml", { body: "targets: 1" }, "targets: expected a list, found a number"],
])("%s is an error of the configuration, with its place", async (_what, url, { body, fault }, message) => {
  const path = url.slice("gs://".length);
  if (body !== "") gcs.objects.set(path, { body, generation: "1" });
  if (fault !== undefined) gcs.faults.set(path, [fault]);
  const refusal = await refusalFrom(loadConfiguration(url, undefined, parseSettings({ STORAGE_EMULATOR_HOST: gcs.endpoint })));
  expect(refusal).toMatchObject({ code: "INVALID_CONFIGURATION", message: expect.stringContaining(message) });
});

test("a store that does not answer is no error of the configuration: it is read again", async () => {
  gcs.faults.set("acme/busy.yml", Array(5).fill(503));
  const reading = loadConfiguration("gs://acme/busy.yml", undefined, parseSettings({ STORAGE_EMULATOR_HOST: gcs.endpoint }));
  await expect(reading).rejects.toThrow("the configuration gs://acme/busy.yml can't be read just now");
});

test("a cold start loads no object store's SDK", async () => {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import("./functions/compose.ts");
    const { planningOf } = await import("./functions/composition/planning.ts");
    await planningOf({ targets: [], templates: { from: ["s3://acme", "gs://acme"] } }, { stateFolder: undefined }, { environment: process.env });
    console.log([loaded.some((url) => url.includes("client-dynamodb")), loaded.some((url) => /client-s3|@google-cloud.storage/.test(url))].join());`;
  expect(await evaluated(script, {})).toBe("true,false");
});

async function evaluated(script: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const env = { PATH: process.env["PATH"], ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { env });
  return stdout.trim();
}
