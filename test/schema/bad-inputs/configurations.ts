import type { JsonObject } from "../../../shared/core/json.ts";
import { type BadInput, SECRET } from "./row.ts";

const CODE = "INVALID_CONFIGURATION";
const REFERENCE = "expected a reference to a secret";
const PREFIX = "expected s3://bucket/prefix/ or gs://bucket/prefix/";
const request = { run_config: { type: "LocalRun" } };
const schedule = { name: "nightly", cron: "0 3 * * *", request };
const token = { name: "t", secret: "ssm:/slipway/t", may: ["read"], targets: ["*"] };
const webhook = { name: "w", secrets: ["ssm:/slipway/w"], targets: ["*"] };
const scheduled = (fields: JsonObject): JsonObject => ({ schedules: [{ ...schedule, ...fields }] });
const held = (fields: JsonObject): JsonObject => ({ http: { tokens: [{ ...token, ...fields }] } });
const hooked = (fields: JsonObject): JsonObject => ({ http: { webhooks: [{ ...webhook, ...fields }] } });

/** Fields of a configuration besides its one good target. */
export const configurations: readonly BadInput<JsonObject>[] = [
  ["an unknown field", { shedules: [] }, CODE, "shedules", 'did you mean "schedules"?'],
  ["a deployment in capitals", { deployment: "Prod" }, CODE, "deployment", "lower-case letters"],
  ["a schedule without a name", { schedules: [{ cron: "0 3 * * *", request }] }, CODE, "schedules[0].name", "required"],
  ["a schedule's name with a slash", scheduled({ name: "a/b" }), CODE, "schedules[0].name", "1 to 64 letters"],
  ["two schedules of one name", { schedules: [schedule, schedule] }, CODE, "schedules[1].name", "schedules[0] has this name already"],
  ["a schedule without a time", { schedules: [{ name: "n", request }] }, CODE, "schedules[0].cron", "required"],
  ["a cron of four fields", scheduled({ cron: "0 3 * *" }), CODE, "schedules[0].cron", "five fields"],
  ["a cron of six fields", scheduled({ cron: "0 0 3 * * *" }), CODE, "schedules[0].cron", "five fields"],
  ["a cron by name", scheduled({ cron: "@daily" }), CODE, "schedules[0].cron", "five fields"],
  ["a minute of 60", scheduled({ cron: "60 3 * * *" }), CODE, "schedules[0].cron", "the minute is wrong"],
  ["an hour of 24", scheduled({ cron: "0 24 * * *" }), CODE, "schedules[0].cron", "the hour is wrong"],
  ["a day of 0", scheduled({ cron: "0 3 0 * *" }), CODE, "schedules[0].cron", "the day of the month is wrong"],
  ["a month that there is not", scheduled({ cron: "0 3 * SMARCH *" }), CODE, "schedules[0].cron", "the month is wrong"],
  ["a range that runs backwards", scheduled({ cron: "0 3 * * 5-1" }), CODE, "schedules[0].cron", "the day of the week is wrong"],
  ["a step of nothing", scheduled({ cron: "*/0 * * * *" }), CODE, "schedules[0].cron", "the minute is wrong"],
  ["a list with a gap", scheduled({ cron: "1,,2 * * * *" }), CODE, "schedules[0].cron", "the minute is wrong"],
  ["a time zone that there is not", scheduled({ timezone: "Europe/Bielefeld" }), CODE, "schedules[0].timezone", "IANA name"],
  ["a schedule without a request", { schedules: [{ name: "n", cron: "0 3 * * *" }] }, CODE, "schedules[0].request", "required"],
  ["a scheduled request with an id", scheduled({ request: { ...request, id: "r" } }), CODE, "schedules[0].request.id", "no id of its own"],
  [
    "a scheduled request that is wrong",
    scheduled({ request: { run_config: { type: "LocalRun", env: { A: [SECRET] } } } }),
    CODE,
    "schedules[0].request.run_config.env.A",
    "found a list",
  ],
  ["a scheduled request that is empty", scheduled({ request: {} }), CODE, "schedules[0].request.run_config", "required"],
  ["templates that are a list", { templates: ["templates"] }, CODE, "templates", "found a list"],
  ["templates over http", { templates: { from: ["https://example.com/"] } }, CODE, "templates.from[0]", "expected a folder's path"],
  ["templates from an empty path", { templates: { from: [""] } }, CODE, "templates.from[0]", "at least 1 character"],
  [
    "templates from a prefix that climbs",
    { templates: { from: ["s3://bucket/a/../b/"] } },
    CODE,
    "templates.from[0]",
    "without empty, . or .. steps",
  ],
  ["templates from no bucket", { templates: { from: ["t", "gs://"] } }, CODE, "templates.from[1]", "expected a folder's path"],
  ["requests from a folder", { requests: { from: ["requests"] } }, CODE, "requests.from[0]", PREFIX],
  ["requests from a prefix that climbs", { requests: { from: ["s3://bucket/.."] } }, CODE, "requests.from[0]", PREFIX],
  ["payloads in a folder", { payloads: "/var/payloads" }, CODE, "payloads", PREFIX],
  ["an event bus with a space", { notify: "my bus" }, CODE, "notify", "name or the ARN of an event bus"],
  ["the ARN of another thing than a bus", { notify: "arn:aws:sns:eu-west-1:123456789012:topic" }, CODE, "notify", "event bus"],
  ["a queue that is a name", { queue: "runs" }, CODE, "queue", "SQS queue's URL"],
  ["an empty table", { table: "" }, CODE, "table", "at least 1 character"],
  ["a token as a literal", held({ secret: SECRET }), CODE, "http.tokens[0].secret", REFERENCE],
  ["a secret of a scheme that there is not", held({ secret: `vault:${SECRET}` }), CODE, "http.tokens[0].secret", REFERENCE],
  ["a variable's name that is none", held({ secret: `env:${SECRET} ` }), CODE, "http.tokens[0].secret", REFERENCE],
  ["a secret's file by a relative path", held({ secret: "file:token" }), CODE, "http.tokens[0].secret", REFERENCE],
  ["a parameter's name without its slash", held({ secret: "ssm:token" }), CODE, "http.tokens[0].secret", REFERENCE],
  ["a Google secret without its version", held({ secret: "gcp:projects/p/secrets/s" }), CODE, "http.tokens[0].secret", REFERENCE],
  [
    "a right that there is not",
    held({ may: ["read", "write"] }),
    CODE,
    "http.tokens[0].may[1]",
    'expected one of "submit", "read", "cancel"',
  ],
  ["a token without rights", held({ may: [] }), CODE, "http.tokens[0].may", "at least 1 entry"],
  [
    "a token without targets",
    { http: { tokens: [{ name: "t", secret: "env:T", may: ["read"] }] } },
    CODE,
    "http.tokens[0].targets",
    "required",
  ],
  ["two tokens of one name", { http: { tokens: [token, token] } }, CODE, "http.tokens[1].name", "http.tokens[0] has this name already"],
  ["a webhook's secret as a literal", hooked({ secrets: ["ssm:/a", SECRET] }), CODE, "http.webhooks[0].secrets[1]", REFERENCE],
  ["a webhook without secrets", hooked({ secrets: [] }), CODE, "http.webhooks[0].secrets", "at least 1 entry"],
  ["a webhook with a token's field", hooked({ may: ["submit"] }), CODE, "http.webhooks[0].may", "unknown field"],
  [
    "two webhooks of one name",
    { http: { webhooks: [webhook, webhook] } },
    CODE,
    "http.webhooks[1].name",
    "http.webhooks[0] has this name already",
  ],
  ["a retention of ten thousand days", { retention_days: 10_000 }, CODE, "retention_days", "at most 3650"],
  ["a duration of nothing", { timing: { sweep_seconds: 0 } }, CODE, "timing.sweep_seconds", "more than 0"],
];
