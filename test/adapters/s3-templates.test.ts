import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { s3Templates } from "../../shared/adapters/s3-templates.ts";
import { templateReader } from "../../shared/adapters/template-reader.ts";
import { TemplateUnavailable } from "../../shared/core/errors.ts";
import type { TemplateReader } from "../../shared/core/ports.ts";
import { refusalFrom } from "../support/refusal.ts";
import { type S3Double, type S3Fault, startS3Double } from "../support/s3-double.ts";

function clientOf(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "k", secretAccessKey: "s" },
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

function readerOf(client: S3Client, timeout = 5000): TemplateReader {
  return templateReader(["s3://acme/templates/"], { s3: s3Templates(async () => client), timeout });
}

const PATH = "s3://acme/templates/job.yml";
const ask = (reader: TemplateReader, path = PATH) => reader.read({ path, origin: "run", field: "run_config.task_definition_path" });

describe("from the embedded emulator", () => {
  let server: FauxqsServer;
  let client: S3Client;

  beforeEach(async () => {
    server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
    client = clientOf(`http://127.0.0.1:${server.port}`);
    await client.send(new CreateBucketCommand({ Bucket: "acme" }));
  });
  afterEach(async () => {
    client.destroy();
    await server.stop();
  });

  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: "acme", Key, Body }));

  test("an object is read, kept while it is unchanged, and read again when it changed", async () => {
    const reader = readerOf(client);
    const { ETag } = await put("templates/job.yml", "family: etl\n");
    const first = await ask(reader);
    expect(first).toMatchObject({ path: PATH, origin: "run", document: { family: "etl" }, version: ETag?.replaceAll('"', "") });
    expect((await ask(reader)).document).toBe(first.document);
    await put("templates/job.yml", "family: other\n");
    expect((await ask(reader)).document).toEqual({ family: "other" });
  });

  test("missing objects, missing buckets and large objects are refused", async () => {
    const reader = readerOf(client);
    expect(await refusalFrom(ask(reader))).toMatchObject({ code: "TEMPLATE_NOT_FOUND", path: "run_config.task_definition_path" });
    const elsewhere = templateReader(["s3://nowhere"], { s3: s3Templates(async () => client) });
    expect((await refusalFrom(ask(elsewhere, "s3://nowhere/a"))).message).toContain("there is no such bucket");
    await put("templates/job.yml", `a: ${"x".repeat(1024 * 1024)}`);
    expect(await refusalFrom(ask(reader))).toMatchObject({ code: "TOO_LARGE" });
  });

  test("keys are taken as they are", async () => {
    const key = "templates/a b/ü+%2e?x#y.yml";
    await put(key, "family: odd");
    expect((await ask(readerOf(client), `s3://acme/${key}`)).document).toEqual({ family: "odd" });
  });

  test("outside the allowed places nothing is asked", async () => {
    await put("templates-evil/x", "family: evil");
    const untouched = templateReader(["s3://acme/templates/"], {
      s3: s3Templates(async () => {
        throw new Error("the client was made");
      }),
    });
    expect(await refusalFrom(ask(untouched, "s3://acme/templates-evil/x"))).toMatchObject({ code: "TEMPLATE_NOT_ALLOWED" });
  });
});

describe("from a server that speaks S3's protocol", () => {
  let s3: S3Double;
  let client: S3Client;

  beforeEach(async () => {
    s3 = await startS3Double();
    client = clientOf(s3.endpoint);
    s3.objects.set("acme/templates/job.yml", { body: "family: etl" });
  });
  afterEach(async () => {
    client.destroy();
    await s3.stop();
  });

  test("what is kept is asked for by its ETag, and comes without a body", async () => {
    const reader = readerOf(client);
    const first = await ask(reader);
    const second = await ask(reader);
    expect(second).toEqual(first);
    expect(second.document).toBe(first.document);
    expect(s3.seen.map(({ status }) => status)).toEqual([200, 304]);
    expect(s3.seen[1]?.ifNoneMatch).toBe(`"${first.version}"`);
  });

  test("runs that come at once share one question", async () => {
    const reader = readerOf(client);
    await Promise.all(Array.from({ length: 10 }, () => ask(reader)));
    expect(s3.seen).toHaveLength(1);
    await ask(reader);
    expect(s3.seen).toHaveLength(2);
  });

  test("each who asks is told with its own field", async () => {
    s3.objects.clear();
    const reader = readerOf(client);
    const [one, other] = await Promise.all([
      refusalFrom(reader.read({ path: PATH, origin: "run", field: "run_config.task_definition_path" })),
      refusalFrom(reader.read({ path: PATH, origin: "target", field: "targets.prod.task_definition_path" })),
    ]);
    expect([one.path, other.path]).toEqual(["run_config.task_definition_path", "targets.prod.task_definition_path"]);
  });

  test.each<[string, string | undefined, RegExp]>([
    ["the version's id, where the bucket has versions", "v.1", /^v\.1$/],
    ["the ETag, for an object from before that", "null", /^[0-9a-f]{32}$/],
    ["the ETag, where it has none", undefined, /^[0-9a-f]{32}$/],
  ])("the version is %s", async (_rule, versionId, version) => {
    s3.objects.set("acme/templates/job.yml", { body: "family: etl", ...(versionId === undefined ? {} : { versionId }) });
    expect((await ask(readerOf(client))).version).toMatch(version);
  });

  test.each<[string, number, string]>([
    ["count", 66, "family: etl"],
    ["size", 10, `a: ${"x".repeat(1000 * 1000)}`],
  ])("what is kept is bounded by its %s: what was used last stays", async (_rule, count, body) => {
    const reader = readerOf(client);
    const paths = Array.from({ length: count }, (_, index) => `s3://acme/templates/${index}`);
    for (const path of paths) s3.objects.set(path.slice("s3://".length), { body });
    const [first = "", second = "", ...others] = paths;
    for (const path of [first, second, ...others.slice(0, -2)]) await ask(reader, path);
    await ask(reader, first);
    for (const path of others.slice(-2)) await ask(reader, path);
    s3.seen.length = 0;
    for (const path of [others.at(-1) ?? "", first, second]) await ask(reader, path);
    expect(s3.seen.map(({ status }) => status)).toEqual([304, 304, 200]);
  });

  test.each<[string, S3Fault, string, string]>([
    ["access denied", { status: 403, code: "AccessDenied" }, "TEMPLATE_DENIED", "s3:GetObject"],
    ["wrong keys", { status: 403, code: "InvalidAccessKeyId" }, "TEMPLATE_DENIED", "InvalidAccessKeyId"],
    ["an archived object", { status: 403, code: "InvalidObjectState" }, "TEMPLATE_DENIED", "InvalidObjectState"],
    ["no such key", { status: 404, code: "NoSuchKey" }, "TEMPLATE_NOT_FOUND", "no such object"],
    ["no such bucket", { status: 404, code: "NoSuchBucket" }, "TEMPLATE_NOT_FOUND", "no such bucket"],
    ["a request that is wrong", { status: 400, code: "InvalidRequest" }, "TEMPLATE_DENIED", "400"],
    ["a length that is too large, before a byte is read", "huge", "TOO_LARGE", "1048576 bytes"],
    ["a body without end", "endless", "TOO_LARGE", "1048576 bytes"],
  ])("refused: %s", async (_rule, fault, code, text) => {
    s3.faults.set("acme/templates/job.yml", [fault]);
    const refusal = await refusalFrom(ask(readerOf(client)));
    expect(refusal).toMatchObject({ code, path: "run_config.task_definition_path" });
    expect(refusal.message).toContain(text);
    expect(refusal.message).toContain(PATH);
    expect(refusal.message).not.toContain("secret-message");
  });

  test.each<[string, S3Fault]>([
    ["throttling", { status: 503, code: "SlowDown" }],
    ["too many requests", { status: 429, code: "TooManyRequests" }],
    ["an error of the service", { status: 500, code: "InternalError" }],
    ["credentials that are renewed", { status: 400, code: "ExpiredToken" }],
    ["a clock that is set", { status: 403, code: "RequestTimeTooSkewed" }],
    ["a body that ends early", "truncated"],
    ["a body that never comes", "stalled"],
    ["304 for what was never read", { status: 304, code: "NotModified" }],
  ])("may be read later: %s", async (_rule, fault) => {
    s3.faults.set("acme/templates/job.yml", [fault]);
    const reader = readerOf(client, 500);
    await expect(ask(reader)).rejects.toThrow(TemplateUnavailable);
    expect((await ask(reader)).document).toEqual({ family: "etl" });
  });

  test("a server that is gone may come back", async () => {
    await s3.stop();
    await expect(ask(readerOf(client, 500))).rejects.toThrow(TemplateUnavailable);
  });

  test("the kept document serves no more once the object is gone or denied", async () => {
    const reader = readerOf(client);
    await ask(reader);
    s3.faults.set("acme/templates/job.yml", [{ status: 403, code: "AccessDenied" }]);
    expect(await refusalFrom(ask(reader))).toMatchObject({ code: "TEMPLATE_DENIED" });
    s3.objects.clear();
    expect(await refusalFrom(ask(reader))).toMatchObject({ code: "TEMPLATE_NOT_FOUND" });
  });
});
