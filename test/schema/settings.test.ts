import { describe, expect, test } from "vitest";
import { parseSettings, type Settings } from "../../shared/schema/settings.ts";
import { issuesOf } from "./refused.ts";

const NONE: Settings = { endpoints: {}, isFunction: false, isLambda: false };

const SERVICES = ["dynamodb", "sqs", "s3", "eventbridge", "secretsManager", "ssm"];

describe("the environment gives", () => {
  test.each<[string, Record<string, string | undefined>, Partial<Settings>]>([
    ["nothing, when nothing is set", {}, {}],
    ["nothing for an empty variable", { SLIPWAY_TABLE: "", SLIPWAY_QUEUE: "", AWS_ENDPOINT_URL: "", K_SERVICE: "" }, {}],
    [
      "configuration, table, queue, state folder and region",
      { SLIPWAY_CONFIG: "c", SLIPWAY_TABLE: "t", SLIPWAY_QUEUE: "https://sqs/1/q", SLIPWAY_STATE: "/s", AWS_REGION: "eu-west-1" },
      { config: "c", table: "t", queue: "https://sqs/1/q", state: "/s", region: "eu-west-1" },
    ],
    ["a Pub/Sub topic as queue", { SLIPWAY_QUEUE: "projects/p/topics/t" }, { queue: "projects/p/topics/t" }],
    [
      "one endpoint for all services",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1" },
      {
        endpoints: Object.fromEntries(SERVICES.map((service) => [service, "http://127.0.0.1:1"])),
      },
    ],
    [
      "a service's own endpoint before that for all",
      { AWS_ENDPOINT_URL: "http://a", AWS_ENDPOINT_URL_SQS: "http://b" },
      { endpoints: { ...Object.fromEntries(SERVICES.map((service) => [service, "http://a"])), sqs: "http://b" } },
    ],
    ["an endpoint for S3 alone", { AWS_ENDPOINT_URL_S3: "http://c" }, { endpoints: { s3: "http://c" } }],
    [
      "endpoints for the keepers of secrets",
      { AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://d", AWS_ENDPOINT_URL_SSM: "http://e" },
      { endpoints: { secretsManager: "http://d", ssm: "http://e" } },
    ],
    ["an emulator of Cloud Storage", { STORAGE_EMULATOR_HOST: "http://127.0.0.1:4443" }, { storageEmulator: "http://127.0.0.1:4443" }],
    ["its host alone, as other clients take it", { STORAGE_EMULATOR_HOST: "localhost:4443" }, { storageEmulator: "http://localhost:4443" }],
    [
      "credentials, when both halves are there",
      { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t" },
      { credentials: { accessKeyId: "a", secretAccessKey: "s", sessionToken: "t" } },
    ],
    ["no credentials from one half", { AWS_ACCESS_KEY_ID: "a" }, {}],
    ["a function, on Lambda", { AWS_LAMBDA_FUNCTION_NAME: "f" }, { isFunction: true, isLambda: true }],
    ["a function, on Cloud Functions", { K_SERVICE: "f" }, { isFunction: true }],
  ])("%s", (_, env, settings) => {
    expect(parseSettings(env)).toStrictEqual({ ...NONE, ...settings });
  });
});

test("every variable of the wrong form is named at once, its value is not", () => {
  const env = {
    SLIPWAY_QUEUE: "secret-queue",
    AWS_ENDPOINT_URL: "secret",
    AWS_ENDPOINT_URL_SQS: "ftp://secret",
    AWS_ENDPOINT_URL_DYNAMODB: "http://",
  };
  expect(issuesOf(() => parseSettings(env))).toEqual([
    "SLIPWAY_QUEUE: expected an SQS queue's URL, or a Pub/Sub topic as projects/P/topics/T",
    "AWS_ENDPOINT_URL: expected an http:// or https:// URL",
    "AWS_ENDPOINT_URL_DYNAMODB: expected an http:// or https:// URL",
    "AWS_ENDPOINT_URL_SQS: expected an http:// or https:// URL",
  ]);
});
