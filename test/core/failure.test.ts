import { expect, test } from "vitest";
import { pauseMilliseconds, waitMilliseconds, wakeGapMilliseconds } from "../../shared/core/backoff.ts";
import { callsEndAt, expiresAt, leaseUntil } from "../../shared/core/context.ts";
import { classify, type Failure, type FailureClass, type FailureRow, isPassing, type ServiceError } from "../../shared/core/failure.ts";
import { configurationOf, TIMING, testDispatcher } from "../support/dispatcher.ts";
import { doubleTarget } from "../support/runs.ts";

const ROWS: readonly FailureRow[] = [
  { service: "ecs", code: "ClientException", message: /^Too many/, class: "throttled" },
  { service: "ecs", code: ["ClientException", "InvalidParameter"], class: "invalid", hint: "look at the request" },
  { status: [429, 503], class: "throttled" },
  { message: /rate exceeded/i, class: "throttled" },
  { service: "ecs", status: 403, class: "denied" },
];

test.each<[string, ServiceError, Partial<Failure>]>([
  ["the first row that fits decides", { service: "ecs", code: "ClientException", message: "Too many requests" }, { class: "throttled" }],
  [
    "a later row serves where the first does not fit",
    { service: "ecs", code: "ClientException", message: "bad" },
    { class: "invalid", hint: "look at the request" },
  ],
  ["one of several codes is enough", { service: "ecs", code: "InvalidParameter", message: "bad" }, { class: "invalid" }],
  [
    "a row of another service does not count",
    { service: "eks", code: "InvalidParameter", message: "bad" },
    { class: "unknown", recognised: false },
  ],
  ["a row without a service serves all", { service: "eks", status: 503, message: "" }, { class: "throttled", code: "HTTP_503" }],
  [
    "a throttle hidden in another error's text",
    { service: "x", code: "InternalError", message: "Rate exceeded" },
    { class: "throttled", code: "InternalError" },
  ],
  ["what the row asks for must be there", { service: "ecs", message: "" }, { class: "unknown", code: "ERROR", recognised: false }],
  [
    "a status that no row knows is unknown",
    { service: "ecs", status: 418, message: "" },
    { class: "unknown", code: "HTTP_418", recognised: false },
  ],
])("failure table: %s", (_rule, error, expected) => {
  expect(classify(ROWS, error)).toMatchObject({ recognised: true, message: error.message, ...expected });
});

test.each<[FailureClass, boolean]>([
  ["capacity", true],
  ["throttled", true],
  ["unavailable", true],
  ["invalid", false],
  ["denied", false],
  ["not_found", false],
  ["conflict", false],
  ["already_done", false],
  ["unknown", false],
])("%s passes by itself: %s", (failureClass, passes) => {
  expect(isPassing(failureClass)).toBe(passes);
});

test.each([
  ["the first wait is 30 s less a fifth, at least", 0, 1, 0, 24_000],
  ["the first wait is 30 s and a fifth, at most", 0, 1, 1, 36_000],
  ["each wait doubles", 3, 1, 0.5, 240_000],
  ["no wait is longer than 15 min and a fifth", 5, 1, 1, 1_080_000],
  ["also after very many tries", 1e6, 1, 0.5, 900_000],
  ["waits are scaled", 0, 0.1, 0.5, 3000],
])("waits between invocations: %s", (_rule, tries, scale, random, expected) => {
  expect(waitMilliseconds(tries, scale, random)).toBe(expected);
});

test.each([
  ["the first pause is 50 ms at least", 0, 0, 50],
  ["the first pause is 100 ms at most", 0, 1, 100],
  ["no pause is longer than 2 s", 30, 1, 2000],
])("pauses within an invocation: %s", (_rule, tries, random, expected) => {
  expect(pauseMilliseconds(tries, random)).toBe(expected);
});

test.each([
  ["the first gap is two sweeps", 0, 60, 120_000],
  ["gaps double", 3, 60, 960_000],
  ["no gap is longer than 60 sweeps", 5, 60, 3_600_000],
  ["also after very many wake-ups", 1e6, 60, 3_600_000],
  ["the embedded stack sweeps each second", 0, 1, 2000],
])("gaps between wake-ups: %s", (_rule, wakes, sweepSeconds, expected) => {
  expect(wakeGapMilliseconds(wakes, sweepSeconds)).toBe(expected);
});

test("a lease ends after its invocation's deadline, and calls end before it", () => {
  const { context } = testDispatcher();
  expect(leaseUntil(context, { deadline: 100_000 })).toBe(115_000);
  expect(callsEndAt(context, { deadline: 100_000 })).toBe(95_000);
});

test.each([
  ["5 s before the deadline", 60, 95_000],
  ["a quarter of a short invocation", 10, 97_500],
])("calls end: %s", (_rule, deadlineSeconds, expected) => {
  const { context } = testDispatcher();
  const configuration = configurationOf([doubleTarget()], { timing: { ...TIMING, deadlineSeconds } });
  expect(callsEndAt({ ...context, planning: { ...context.planning, configuration } }, { deadline: 100_000 })).toBe(expected);
});

test.each([
  ["as long as the configuration says", 30, 1000 + 30 * 86_400],
  ["never less than the queue keeps a message", 1, 1000 + 14 * 86_400],
])("an id is remembered: %s", (_rule, retentionDays, expected) => {
  const { context } = testDispatcher();
  const configuration = configurationOf([doubleTarget()], { retentionDays });
  expect(expiresAt({ ...context, planning: { ...context.planning, configuration } }, 1_000_000)).toBe(expected);
});
