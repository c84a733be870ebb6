import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../shared/core/json.ts";
import { isSecretReference } from "../../shared/core/secret-reference.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { cronProblem } from "../../shared/schema/cron.ts";
import { LAUNCHERS } from "./kinds.ts";

const parsed = (fields: JsonObject) => parseConfiguration({ targets: [{ name: "here", type: "local" }], ...fields }, LAUNCHERS);
const request = {
  name: "nightly",
  run_config: { type: "KubernetesRun", job_template: "kind: Job", labels: ["b", "a"] },
  timeout_seconds: 5,
};

describe("a configuration may also hold", () => {
  test.each<[string, JsonObject, object]>([
    [
      "schedules, whose requests stay as they are written",
      {
        schedules: [
          { name: "nightly", cron: "0 3 * * *", timezone: "Europe/Berlin", request },
          { name: "b", cron: "*/5 * * * *", enabled: false, jitter_seconds: 299, request },
        ],
      },
      {
        schedules: [
          { name: "nightly", cron: "0 3 * * *", timezone: "Europe/Berlin", enabled: true, request },
          { name: "b", cron: "*/5 * * * *", timezone: "UTC", enabled: false, jitterSeconds: 299, request },
        ],
      },
    ],
    [
      "places of templates: folders and prefixes",
      { templates: { from: ["templates", "/srv/t", "../t", "C:\\t", "s3://acme-slipway/templates/", "gs://b-1"] } },
      { templates: { from: ["templates", "/srv/t", "../t", "C:\\t", "s3://acme-slipway/templates/", "gs://b-1"] } },
    ],
    ["no place of templates", { templates: {} }, { templates: { from: [] } }],
    [
      "tokens and webhooks",
      {
        http: {
          tokens: [{ name: "scheduler", secret: "ssm:/slipway/scheduler", may: ["submit", "read", "cancel"], targets: ["*"] }],
          webhooks: [{ name: "ci", secrets: ["ssm:/slipway/ci-new", "ssm:/slipway/ci-old"], targets: ["prod"] }],
        },
      },
      {
        http: {
          tokens: [{ name: "scheduler", secret: "ssm:/slipway/scheduler", may: ["submit", "read", "cancel"], targets: ["*"] }],
          webhooks: [{ name: "ci", secrets: ["ssm:/slipway/ci-new", "ssm:/slipway/ci-old"], targets: ["prod"] }],
        },
      },
    ],
    ["neither tokens nor webhooks", { http: { tokens: null } }, { http: { tokens: [], webhooks: [] } }],
    [
      "a token and a webhook of one name",
      { http: { tokens: [token("a")], webhooks: [{ name: "a", secrets: ["env:A"], targets: ["*"] }] } },
      {},
    ],
    ["places of requests", { requests: { from: ["s3://b-1/r/", "gs://b-1"] } }, { requests: { from: ["s3://b-1/r/", "gs://b-1"] } }],
    ["a place for payloads", { payloads: "gs://b-1/p" }, { payloads: "gs://b-1/p" }],
    ["an event bus by name", { notify: "default" }, { notify: "default" }],
    [
      "an event bus by ARN",
      { notify: "arn:aws:events:eu-west-1:123456789012:event-bus/runs" },
      { notify: "arn:aws:events:eu-west-1:123456789012:event-bus/runs" },
    ],
    ["a Pub/Sub topic as its queue", { queue: "projects/p/topics/t" }, { queue: "projects/p/topics/t" }],
  ])("%s", (_, fields, configuration) => {
    expect(parsed(fields)).toMatchObject(configuration);
  });

  test("none of that, and then none of it is there", () => {
    expect(Object.keys(parsed({})).toSorted()).toEqual(["deployment", "retentionDays", "targets", "timing"]);
  });
});

function token(name: string): JsonObject {
  return { name, secret: "env:A", may: ["read"], targets: ["*"] };
}

describe("a cron expression is", () => {
  test.each([
    "* * * * *",
    "0 3 * * *",
    "*/15 0-6,22-23 1,15 * *",
    "0 9-17/2 * JAN-MAR mon-fri",
    "  5  4  *  *  SUN ",
    "0 0 31 12 7",
    "59 23 1 1 0",
    "0 3 L * *",
    "0 3 * * MON#2",
  ])("right: %s", (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });

  test.each([
    "",
    "* * * *",
    "*-5 * * * *",
    "5/2 * * * *",
    "1-2-3 * * * *",
    "a * * * *",
    "-1 * * * *",
    "1.5 * * * *",
    "0 3 * * 8",
    "0 3 ? * *",
    "0 3 * 13 *",
    "0 0 30 2 *",
    "@daily",
    "*/100 * * * *",
  ])("wrong: %s", (cron) => {
    expect(cronProblem(cron)).toMatch(/expected/);
  });
});

describe("a reference to a secret is", () => {
  test.each([
    "env:TOKEN",
    "file:/run/secrets/token",
    "secretsmanager:slipway/gpu-box",
    "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:slipway/x-AbCdEf",
    "secretsmanager:arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:x",
    "ssm:/slipway/scheduler",
    "gcp:projects/p/secrets/s/versions/latest",
  ])("%s", (text) => {
    expect(isSecretReference(text)).toBe(true);
  });

  test.each([
    "",
    "token",
    "env:",
    "env:1A",
    "env:A B",
    "file:token",
    "file:",
    "ssm:name",
    "ssm:/",
    "secretsmanager:",
    "secretsmanager:a b",
    "gcp:projects/p/secrets/s",
    "gcp:p/s/v",
    "ENV:A",
    " env:A",
    "env:A\n",
    "https://x",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
  ])("not %j", (text) => {
    expect(isSecretReference(text)).toBe(false);
  });
});
