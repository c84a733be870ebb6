/** What does not fit an item, in S3 (the embedded stack's emulator) and in Cloud Storage, through the real SDKs. */
import { randomBytes } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { Storage } from "@google-cloud/storage";
import { startFauxqs } from "fauxqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareEmbeddedPayloads } from "../../functions/composition/embedded.ts";
import { embeddedOptions } from "../../functions/composition/options.ts";
import { gcsPayloads } from "../../shared/adapters/gcs-payloads.ts";
import { payloadStore } from "../../shared/adapters/payload-store.ts";
import { s3Payloads } from "../../shared/adapters/s3-payloads.ts";
import { openText } from "../../shared/adapters/seal.ts";
import { textKeeper } from "../../shared/adapters/text-keeper.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import { type GcsDouble, startGcsDouble } from "../support/gcs-double.ts";
import { refusalFrom } from "../support/refusal.ts";

let s3: Awaited<ReturnType<typeof startFauxqs>>;
let gcs: GcsDouble;
let client: S3Client;
let stores: Parameters<typeof payloadStore>[1];

beforeAll(async () => {
  s3 = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
  gcs = await startGcsDouble();
  const endpoint = `http://127.0.0.1:${s3.port}`;
  expect(await prepareEmbeddedPayloads(endpoint, "s3://acme/place")).toBe("s3://acme/place");
  client = new S3Client({ ...embeddedOptions(endpoint), forcePathStyle: true, maxAttempts: 1 });
  const storage = new Storage({ apiEndpoint: gcs.endpoint, projectId: "p", retryOptions: { autoRetry: false } });
  stores = { s3: s3Payloads(async () => client), gs: gcsPayloads(async () => storage) };
});
afterAll(async () => {
  client.destroy();
  await Promise.all([s3.stop(), gcs.stop()]);
});

/** A text that has about so many bytes when it is compressed. */
const textOf = (bytes: number) => `{"é": "${randomBytes(bytes).toString("base64")}"}`;

const keeperAt = (place?: string) => textKeeper(payloadStore(place, stores));

test.each(["s3://acme/place", "s3://acme/place/", "s3://acme", "gs://acme/place", "gcs://acme"])(
  "what is kept at %s comes back as it was",
  async (place) => {
    const keeper = keeperAt(place);
    const text = textOf(150_000);
    const kept = await keeper.keep(text, "requests/key");
    expect(kept.length).toBeLessThan(300);
    expect(await keeper.open(kept)).toBe(text);
  },
);

test.each([
  ["with a place: up to 16 kB", "s3://acme/place", 15_500, true],
  ["with a place: above, elsewhere", "s3://acme/place", 17_000, false],
  ["without a place: up to 200 kB", undefined, 195_000, true],
] as const)("the item keeps the text itself, %s", async (_rule, place, bytes, itself) => {
  const text = textOf(bytes);
  const kept = await keeperAt(place).keep(text, "requests/key");
  expect(kept.length > 1000).toBe(itself);
  if (itself) expect(openText(kept)).toBe(text);
});

test("without a place, what is larger is refused with both ways out", async () => {
  const refusal = await refusalFrom(keeperAt().keep(textOf(210_000), "requests/key"));
  expect(refusal).toMatchObject({ code: "TOO_LARGE" });
  expect(refusal.message).toMatch(
    /^it has \d+ bytes when compressed, and 200000 can be kept in the table; put .* or have the operator set `payloads`$/,
  );
});

test.each(["s3://acme/place", "gs://acme/again"])(
  "kept again at %s, the same text is the same object, and another text another",
  async (place) => {
    const keeper = keeperAt(place);
    const text = textOf(50_000);
    const first = await keeper.keep(text, "requests/key");
    expect(await keeper.keep(text, "requests/key")).toEqual(first);
    const other = await keeper.keep(textOf(50_000), "requests/key");
    expect(other).not.toEqual(first);
    expect(await keeper.open(first)).toBe(text);
  },
);

test("what was kept at an earlier place can be read, also when there is no place any more", async () => {
  const text = textOf(50_000);
  const kept = await keeperAt("s3://acme/earlier").keep(text, "requests/key");
  expect(await keeperAt("gs://acme/later").open(kept)).toBe(text);
  expect(await keeperAt().open(kept)).toBe(text);
});

test("an object that is gone, or is not what was put there, is PAYLOAD_MISSING and names its place", async () => {
  const keeper = keeperAt("gs://acme/gone");
  const kept = await keeper.keep(textOf(50_000), "requests/key");
  const [path = ""] = [...gcs.objects.keys()].filter((name) => name.startsWith("acme/gone/"));
  for (const body of ["not sealed", Buffer.from([1, 2, 3]), Buffer.concat([Uint8Array.of(0), Buffer.from("another text")])]) {
    gcs.objects.set(path, { body, generation: "7" });
    expect(await refusalFrom(keeper.open(kept))).toMatchObject({
      code: "PAYLOAD_MISSING",
      message: expect.stringContaining(`gs://${path}, and what is there now`),
    });
  }
  gcs.objects.delete(path);
  expect(await refusalFrom(keeper.open(kept))).toMatchObject({
    code: "PAYLOAD_MISSING",
    message: expect.stringContaining("no longer there"),
  });
});

test.each([503, 429, 403, 401])("a place that answers %d is out of reach for now: nothing is refused", async (status) => {
  const keeper = keeperAt(`gs://acme/down-${status}`);
  const kept = await keeper.keep(textOf(50_000), "requests/key");
  const [path = ""] = [...gcs.objects.keys()].filter((name) => name.startsWith(`acme/down-${status}/`));
  gcs.faults.set(path, [status]);
  await expect(keeper.open(kept)).rejects.toThrow(StateUnavailable);
  await expect(keeper.open(kept)).resolves.toBeTypeOf("string");
});

test("a place that can't be written is out of reach for now, and says which it is", async () => {
  await expect(keeperAt("s3://no-such-bucket/place").keep(textOf(50_000), "requests/key")).rejects.toThrow(
    new StateUnavailable("the place of what is large (s3://no-such-bucket/place/) could not be written"),
  );
});
