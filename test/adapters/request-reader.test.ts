import { S3Client } from "@aws-sdk/client-s3";
import { Storage } from "@google-cloud/storage";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gcsTemplates } from "../../shared/adapters/gcs-templates.ts";
import { type RequestReader, requestReader } from "../../shared/adapters/request-reader.ts";
import { s3Templates } from "../../shared/adapters/s3-templates.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import { type GcsDouble, startGcsDouble } from "../support/gcs-double.ts";
import { refusalFrom } from "../support/refusal.ts";
import { type S3Double, startS3Double } from "../support/s3-double.ts";

let s3: S3Double;
let gcs: GcsDouble;
let read: RequestReader;
beforeEach(async () => {
  [s3, gcs] = await Promise.all([startS3Double(), startGcsDouble()]);
  const credentials = { accessKeyId: "k", secretAccessKey: "s" };
  const client = new S3Client({ endpoint: s3.endpoint, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 });
  const storage = new Storage({ apiEndpoint: gcs.endpoint, projectId: "p", retryOptions: { autoRetry: false } });
  const sources = { s3: s3Templates(async () => client), gs: gcsTemplates(async () => storage) };
  read = requestReader(["s3://acme/requests/", "gs://acme/requests/"], sources);
  s3.objects.set("acme/requests/one.json", { body: "{}", versionId: "v-7" });
  gcs.objects.set("acme/requests/one.json", { body: "{}", generation: "17" });
});
afterEach(() => Promise.all([s3.stop(), gcs.stop()]));

test.each([
  ["S3: its version id", "s3://acme/requests/one.json", "v-7"],
  ["Cloud Storage: its generation", "gs://acme/requests/one.json", "17"],
])("a request is read with the version that it had, in %s", async (_rule, path, version) => {
  const { bytes, ...rest } = await read(path);
  expect(Buffer.from(bytes).toString()).toBe("{}");
  expect(rest).toEqual({ version });
});

test.each([
  ["no object is there", "s3", 404, "NoSuchKey", "REQUEST_NOT_FOUND"],
  ["S3 denies it", "s3", 403, "AccessDenied", "REQUEST_DENIED"],
  ["Cloud Storage denies it", "gs", 403, "", "REQUEST_DENIED"],
  ["Cloud Storage has none", "gs", 404, "", "REQUEST_NOT_FOUND"],
] as const)("refused, with the field that names it: %s", async (_rule, store, status, code, expected) => {
  if (store === "s3") s3.faults.set("acme/requests/one.json", [{ status, code }]);
  else gcs.faults.set("acme/requests/one.json", [status]);
  expect(await refusalFrom(read(`${store}://acme/requests/one.json`))).toMatchObject({ code: expected, path: "request_path" });
});

test.each([
  "s3://acme/other/one.json",
  "s3://acme/requests-more/one.json",
  "gs://other/requests/one.json",
  "s3://acme/requests/../one.json",
])("%s is in no allowed place, and no store is asked", async (path) => {
  expect(await refusalFrom(read(path))).toMatchObject({ code: "REQUEST_PATH_NOT_ALLOWED", path: "request_path" });
  expect([...s3.seen, ...gcs.seen]).toEqual([]);
});

test("without a place none is allowed", async () => {
  const none = requestReader([], { s3: s3Templates(async () => expect.fail()), gs: gcsTemplates(async () => expect.fail()) });
  expect(await refusalFrom(none("s3://acme/requests/one.json"))).toMatchObject({ code: "REQUEST_PATH_NOT_ALLOWED" });
});

test("a larger object than a request may be is refused before it is read whole", async () => {
  s3.faults.set("acme/requests/one.json", ["huge"]);
  expect(await refusalFrom(read("s3://acme/requests/one.json"))).toMatchObject({ code: "TOO_LARGE", path: "request_path" });
});

test.each([
  ["is busy", { status: 503, code: "SlowDown" }],
  ["breaks off", "truncated"],
] as const)("a store that %s makes the message come again, and refuses nothing", async (_rule, fault) => {
  s3.faults.set("acme/requests/one.json", [fault]);
  await expect(read("s3://acme/requests/one.json")).rejects.toThrow(StateUnavailable);
  expect(await read("s3://acme/requests/one.json")).toMatchObject({ version: "v-7" });
});
