/** Secrets by every form of reference, through the real SDKs. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { OAuth2Client } from "google-auth-library";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { secretsOf } from "../../functions/composition/secrets.ts";
import { parameterSecrets, secretsManagerSecrets } from "../../shared/adapters/aws-secrets.ts";
import { googleSecrets } from "../../shared/adapters/google-secrets.ts";
import { environmentSecrets, fileSecrets } from "../../shared/adapters/own-secrets.ts";
import { type SecretReader, secretReader } from "../../shared/adapters/secrets.ts";
import { SecretUnavailable } from "../../shared/core/errors.ts";
import { parseSettings } from "../../shared/schema/settings.ts";
import { type AwsFault, type AwsSecretsDouble, startAwsSecretsDouble } from "../doubles/secrets/aws.ts";
import { type GoogleFault, type GoogleSecretsDouble, startGoogleSecretsDouble } from "../doubles/secrets/google.ts";
import { refusalFrom } from "../support/refusal.ts";

const VALUE = "tr0ub4dor";
const MINUTE = 60_000;
const ARN = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:slipway/token-AbCdEf";
const GCP = "gcp:projects/p/secrets/token/versions/latest";
const CREDENTIALS = { accessKeyId: "k", secretAccessKey: "s" };

let aws: AwsSecretsDouble;
let google: GoogleSecretsDouble;
let folder: string;
let now: number;
let read: SecretReader;
const clients: { destroy?(): void; close?(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-secrets-"));
  await mkdir(join(folder, "folder"));
  await writeFile(join(folder, "plain"), VALUE);
  await writeFile(join(folder, "lined"), `${VALUE}\n`);
  await writeFile(join(folder, "windows"), `${VALUE}\r\n`);
  await writeFile(join(folder, "two"), `${VALUE}\n\n`);
  await writeFile(join(folder, "empty"), "\n");
  await writeFile(join(folder, "latin1"), Buffer.from([0xe9, 0xe8]));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  [aws, google] = await Promise.all([startAwsSecretsDouble(), startGoogleSecretsDouble()]);
  now = 1_800_000_000_000;
  const options = {
    endpoint: aws.endpoint,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true },
  };
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: "token" });
  const googleClient = new SecretManagerServiceClient({
    fallback: true,
    apiEndpoint: "127.0.0.1",
    port: google.port,
    protocol: "http",
    authClient,
  });
  read = secretReader(
    {
      env: environmentSecrets({ TOKEN: VALUE, EMPTY: "" }),
      file: fileSecrets,
      secretsmanager: secretsManagerSecrets(async (region) =>
        kept(new SecretsManagerClient({ ...options, region: region ?? "eu-west-1" })),
      ),
      ssm: parameterSecrets(async () => kept(new SSMClient({ ...options, region: "eu-west-1" }))),
      gcp: googleSecrets(async () => kept(googleClient), 500),
    },
    () => now,
  );
  aws.secrets.set("slipway/token", { text: VALUE });
  aws.secrets.set("/slipway/token", { text: VALUE });
  google.versions.set("projects/p/secrets/token/versions/latest", Buffer.from(VALUE));
});
afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.destroy?.();
    await client.close?.();
  }
  await Promise.all([aws.stop(), google.stop()]);
});

function kept<Client extends { destroy?(): void; close?(): Promise<void> }>(client: Client): Client {
  clients.push(client);
  return client;
}

test.each([
  ["a variable", "env:TOKEN"],
  ["a file", "file:$/plain"],
  ["a file, without the line end of its last line", "file:$/lined"],
  ["a file, without the line end that Windows puts there", "file:$/windows"],
  ["a secret by its name", "secretsmanager:slipway/token"],
  ["a secret by its ARN", `secretsmanager:${ARN}`],
  ["a secret by its ARN without the last six characters", `secretsmanager:${ARN.slice(0, -7)}`],
  ["a parameter, decrypted", "ssm:/slipway/token"],
  ["a version in Google's Secret Manager", GCP],
])("%s is read", async (_what, reference) => {
  expect(await read(reference.replace("$", folder))).toBe(VALUE);
});

test("only one line end is taken off a file", async () => {
  expect(await read(`file:${folder}/two`)).toBe(`${VALUE}\n`);
});

test("a secret that is kept as bytes is read as text", async () => {
  aws.secrets.set("bytes", { binary: Buffer.from("pässword") });
  expect(await read("secretsmanager:bytes")).toBe("pässword");
});

test("an ARN is asked for in its own region, a name in the dispatcher's", async () => {
  await read(`secretsmanager:${ARN}`);
  await read("secretsmanager:slipway/token");
  expect(aws.calls).toEqual([`GetSecretValue ${ARN} ap-south-1`, "GetSecretValue slipway/token eu-west-1"]);
});

const AWS_FAULTS: [rule: string, fault: AwsFault, code: string][] = [
  ["denied", { status: 400, name: "AccessDeniedException" }, "SECRET_DENIED"],
  ["unknown key", { status: 400, name: "UnrecognizedClientException" }, "SECRET_DENIED"],
  ["gone", { status: 400, name: "ResourceNotFoundException" }, "SECRET_NOT_FOUND"],
  ["marked for deletion", { status: 400, name: "InvalidRequestException" }, "SECRET_NOT_FOUND"],
  ["key disabled", { status: 400, name: "DecryptionFailure" }, "SECRET_DENIED"],
  ["key disabled, as parameters say it", { status: 400, name: "InvalidKeyId" }, "SECRET_DENIED"],
  ["no name", { status: 400, name: "InvalidParameterException" }, "SECRET_UNREADABLE"],
  ["throttled", { status: 400, name: "ThrottlingException" }, "later"],
  ["credentials that have just expired", { status: 400, name: "ExpiredTokenException" }, "later"],
  ["the service's own fault", { status: 500, name: "InternalServiceError" }, "later"],
  ["a connection that ends", "closed", "later"],
  ["no answer", "silent", "later"],
];

test.each(
  AWS_FAULTS.flatMap((row) => ["secretsmanager:slipway/token", "ssm:/slipway/token"].map((reference) => [...row, reference] as const)),
)("AWS, %s: %o is %s (%s)", async (_rule, fault, code, reference) => {
  aws.faults.push(fault);
  await expectTold(reference, code);
});

const GOOGLE_FAULTS: [rule: string, fault: GoogleFault, code: string][] = [
  ["denied", { status: 403, name: "PERMISSION_DENIED" }, "SECRET_DENIED"],
  ["not signed in", { status: 401, name: "UNAUTHENTICATED" }, "SECRET_DENIED"],
  ["gone", { status: 404, name: "NOT_FOUND" }, "SECRET_NOT_FOUND"],
  ["disabled", { status: 400, name: "FAILED_PRECONDITION" }, "SECRET_NOT_FOUND"],
  ["no name", { status: 400, name: "INVALID_ARGUMENT" }, "SECRET_UNREADABLE"],
  ["over its rate", { status: 429, name: "RESOURCE_EXHAUSTED" }, "later"],
  ["no answer", "silent", "later"],
];

test.each(GOOGLE_FAULTS)("Google, %s: %o is %s", async (_rule, fault, code) => {
  google.faults.push(fault);
  await expectTold(GCP, code);
});

test.each([
  ["a variable that is not set", "env:NONE", "SECRET_NOT_FOUND"],
  ["an empty variable", "env:EMPTY", "SECRET_UNREADABLE"],
  ["no file", "file:$/none", "SECRET_NOT_FOUND"],
  ["a folder", "file:$/folder", "SECRET_UNREADABLE"],
  ["an empty file", "file:$/empty", "SECRET_UNREADABLE"],
  ["no text", "file:$/latin1", "SECRET_UNREADABLE"],
])("%s is refused", async (_rule, reference, code) => {
  await expectTold(reference.replace("$", folder), code);
});

test("a file that may not be read is refused as denied", async () => {
  const path = join(folder, "closed");
  await writeFile(path, VALUE);
  await chmod(path, 0o000);
  // Root reads everything.
  if (process.getuid?.() === 0) expect(await read(`file:${path}`)).toBe(VALUE);
  else await expectTold(`file:${path}`, "SECRET_DENIED");
});

test.each(["hunter2", "vault:secret", "env:", "file:relative", "ssm:no-slash", "", "secretsmanager:a b"])(
  "%j is no reference: it may be the secret itself, and is not repeated",
  async (text) => {
    const refusal = await refusalFrom(read(text));
    expect(refusal).toMatchObject({ code: "SECRET_UNREADABLE", message: expect.stringContaining("expected a reference to a secret") });
    if (text !== "" && text !== "env:") expect(refusal.message).not.toContain(text);
  },
);

/** What is thrown names the reference; neither the secret nor the service's own words are in it. */
async function expectTold(reference: string, code: string): Promise<void> {
  const error = await read(reference).then(
    () => undefined,
    (reason: unknown) => reason as Error & { code?: string },
  );
  expect(error).toBeInstanceOf(Error);
  expect(error instanceof SecretUnavailable ? "later" : error?.code).toBe(code);
  expect(error?.message).toContain(reference);
  expect(error?.message).not.toMatch(/tr0ub4dor|the-service-said/);
}

test("a warm process asks once in five minutes, and takes up a rotated secret after that", async () => {
  await Promise.all(Array.from({ length: 20 }, () => read("ssm:/slipway/token")));
  now += 5 * MINUTE - 1;
  aws.secrets.set("/slipway/token", { text: "rotated" });
  expect(await read("ssm:/slipway/token")).toBe(VALUE);
  expect(aws.calls).toHaveLength(1);
  now += 1;
  expect(await read("ssm:/slipway/token")).toBe("rotated");
  expect(aws.calls).toHaveLength(2);
});

test("who has a hint of a rotation may ask for what is younger", async () => {
  await read("ssm:/slipway/token");
  aws.secrets.set("/slipway/token", { text: "rotated" });
  now += MINUTE;
  expect(await read("ssm:/slipway/token", { youngerThan: 30_000 })).toBe("rotated");
  expect(await read("ssm:/slipway/token", { youngerThan: 30_000 })).toBe("rotated");
  expect(aws.calls).toHaveLength(2);
});

test("while the keeper does not answer, what it said last serves for an hour; a refusal ends that at once", async () => {
  const busy = { status: 400, name: "ThrottlingException" };
  await read("ssm:/slipway/token");
  aws.faults.push(busy, { status: 400, name: "AccessDeniedException" }, busy);
  now += 59 * MINUTE;
  expect(await read("ssm:/slipway/token")).toBe(VALUE);
  expect(await refusalFrom(read("ssm:/slipway/token"))).toMatchObject({ code: "SECRET_DENIED" });
  now += MINUTE;
  await expect(read("ssm:/slipway/token")).rejects.toThrow(SecretUnavailable);
});

test("after that hour it can't be read", async () => {
  await read("ssm:/slipway/token");
  aws.faults.push({ status: 500, name: "InternalServerError" });
  now += 60 * MINUTE;
  await expect(read("ssm:/slipway/token")).rejects.toThrow(SecretUnavailable);
});

test("a refusal is told again for ten seconds without asking", async () => {
  for (let time = 0; time < 50; time++) expect(await refusalFrom(read("ssm:/none"))).toMatchObject({ code: "SECRET_NOT_FOUND" });
  expect(aws.calls).toHaveLength(1);
  aws.secrets.set("/none", { text: "there now" });
  now += 10_000;
  expect(await read("ssm:/none")).toBe("there now");
});

test("variables and files are read each time", async () => {
  const path = join(folder, "rotated");
  await writeFile(path, "one");
  expect(await read(`file:${path}`)).toBe("one");
  await writeFile(path, "two");
  expect(await read(`file:${path}`)).toBe("two");
});

test("the composition reads them from the services that the environment names", async () => {
  // The SDK's own lookup of keys reads the process's environment.
  const before = { ...process.env };
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s" });
  try {
    const environment = { AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL: aws.endpoint, HOME_TOKEN: "here" };
    const secret = secretsOf(parseSettings(environment), environment, Date.now);
    expect(await secret("ssm:/slipway/token")).toBe(VALUE);
    expect(await secret(`secretsmanager:${ARN}`)).toBe(VALUE);
    expect(await secret("env:HOME_TOKEN")).toBe("here");
  } finally {
    process.env = before;
  }
});
