/** What a job's state and its error's words mean for the run. */
import { describe, expect, test } from "vitest";
import type { Observation } from "../../../shared/core/launcher.ts";
import type { RunFailure } from "../../../shared/core/record.ts";
import { jobOf } from "../../../shared/launchers/vertex/job.ts";
import { observationOf } from "../../../shared/launchers/vertex/observation.ts";
import { JOB_STATES } from "../../doubles/vertex/protos.ts";

const NOW = Date.UTC(2026, 0, 5, 12);
const NAME = "projects/123456789012/locations/europe-west4/customJobs/42";
const at = (seconds: number) => ({ seconds: String(NOW / 1000 + seconds), nanos: 0 });

/** What is seen of a job that began at 10 and ended at 20. */
function seen(state: string, over: object = {}): Observation {
  return observationOf(jobOf({ name: NAME, state: `JOB_STATE_${state}`, startTime: at(10), endTime: at(20), ...over }), "p", NOW);
}

const neverStarted = { startTime: null };

const STATES: readonly [string, object, object][] = [
  ["QUEUED", { startTime: null, endTime: null }, { status: "starting" }],
  ["PENDING", { startTime: null, endTime: null }, { status: "starting" }],
  ["RUNNING", { endTime: null }, { status: "running", startedAt: NOW + 10_000 }],
  ["UPDATING", { endTime: null }, { status: "running" }],
  ["PAUSED", { endTime: null }, { status: "running" }],
  ["PAUSED", { ...neverStarted, endTime: null }, { status: "starting" }],
  ["CANCELLING", { endTime: null }, { status: "running" }],
  ["CANCELLING", { ...neverStarted, endTime: null }, { status: "starting" }],
  ["UNSPECIFIED", { ...neverStarted, endTime: null }, { status: "starting" }],
  ["SUCCEEDED", {}, { status: "ended", startedAt: NOW + 10_000, endedAt: NOW + 20_000, outcome: { state: "SUCCEEDED", exitCode: 0 } }],
  ["CANCELLED", {}, { status: "ended", outcome: { state: "CANCELLED" } }],
  [
    "EXPIRED",
    {},
    { status: "ended", outcome: { state: "FAILED", failure: { class: "timeout", reason: expect.stringContaining("JOB_STATE_EXPIRED") } } },
  ],
  [
    "EXPIRED",
    neverStarted,
    { outcome: { state: "FAILED", failure: { class: "start_failure", reason: expect.stringContaining("JOB_STATE_EXPIRED") } } },
  ],
  [
    "PARTIALLY_SUCCEEDED",
    {},
    { outcome: { state: "FAILED", failure: { class: "app_error", reason: expect.stringContaining("JOB_STATE_PARTIALLY_SUCCEEDED") } } },
  ],
  ["FAILED", {}, { outcome: { state: "FAILED", failure: { class: "app_error", reason: "the job failed" } } }],
];

test.each(STATES)("JOB_STATE_%s (%j)", (state, over, expected) => {
  expect(seen(state, over)).toMatchObject({ handle: { id: NAME }, ...expected });
});

describe("FLEX_START is there to be waited for", () => {
  const created = { startTime: null, endTime: null, createTime: at(0) };
  const flex = (scheduling: object) => ({ ...created, jobSpec: { scheduling } });
  test.each<readonly [string, string, object, number | undefined]>([
    ["for a day, where the job does not say", "PENDING", flex({ strategy: "FLEX_START" }), NOW + 24 * 3_600_000],
    ["also in the queue", "QUEUED", flex({ strategy: "FLEX_START", maxWaitDuration: null }), NOW + 24 * 3_600_000],
    ["for as long as the job says", "PENDING", flex({ strategy: "FLEX_START", maxWaitDuration: { seconds: "1800" } }), NOW + 1_800_000],
    [
      "for ever, where it says nought",
      "PENDING",
      flex({ strategy: "FLEX_START", maxWaitDuration: { seconds: 0, nanos: 0 } }),
      Number.POSITIVE_INFINITY,
    ],
    ["for ever, where nought is left out", "PENDING", flex({ strategy: "FLEX_START", maxWaitDuration: {} }), Number.POSITIVE_INFINITY],
    ["SPOT is not", "PENDING", flex({ strategy: "SPOT", maxWaitDuration: { seconds: 1800 } }), undefined],
    ["nor is the usual way", "PENDING", created, undefined],
    ["nor is what runs", "RUNNING", { ...flex({ strategy: "FLEX_START" }), startTime: at(10) }, undefined],
  ])("%s", (_rule, state, over, waitsUntil) => {
    expect(Object.entries(seen(state, over)).find(([name]) => name === "waitsUntil")?.[1]).toBe(waitsUntil);
  });
});

test("every state of the service's own is known", () => {
  const told = new Set(STATES.map(([state]) => `JOB_STATE_${state}`));
  expect(JOB_STATES.filter((state) => !told.has(state))).toEqual([]);
});

test("without a time of its end, the last change is the end; without that, now", () => {
  expect(seen("SUCCEEDED", { endTime: null, updateTime: at(30) })).toMatchObject({ endedAt: NOW + 30_000 });
  expect(seen("SUCCEEDED", { endTime: null })).toMatchObject({ endedAt: NOW });
});

const EXIT = (code: number, more = "") => `The replica workerpool0-0 exited with a non-zero status of ${code}.${more}`;
const LOGS = " To find out more about why your job exited please check the logs: https://console.cloud.google.com/logs/viewer?project=1";
const SHORT = "Resources are insufficient in region: europe-west4. Please try a different region or use a different accelerator.";

const WORDS: readonly [string, string, object, object][] = [
  ["an exit", EXIT(3, LOGS), {}, { class: "app_error", exitCode: 3 }],
  ["137 alone is no want of memory", EXIT(137, LOGS), {}, { class: "app_error", exitCode: 137 }],
  [
    "want of memory",
    `The replica workerpool0-0 ran out-of-memory and exited with a non-zero status of 137(SIGKILL).${LOGS}`,
    {},
    { class: "out_of_memory", exitCode: 137 },
  ],
  [
    "a command that can't be started",
    EXIT(128, " Termination reason: StartError. \n Termination log message: failed to create containerd task"),
    {},
    { class: "start_failure", exitCode: 128 },
  ],
  [
    "what the run wrote is not taken for the service's words",
    EXIT(1, " Termination reason: Error. \nTraceback (most recent call last):\n TimeoutError: timed out, ran out of memory pulling image"),
    {},
    { class: "app_error", exitCode: 1 },
  ],
  ["an image that can't be pulled", "Unable to pull image gcr.io/p/i:1: ImagePullBackOff", neverStarted, { class: "image_pull" }],
  ["preempted", "The job was preempted and retries are disabled.", {}, { class: "interrupted" }],
  ["too long", "The custom job exceeded its maximum running time.", {}, { class: "timeout" }],
  ["an error of the service's own", "Internal error encountered.", {}, { class: "app_error", reason: "Internal error encountered." }],
  ["the same before the start", "Internal error encountered.", neverStarted, { class: "start_failure" }],
];

test.each(WORDS)("FAILED: %s", (_rule, message, over, failure) => {
  const observation = seen("FAILED", { error: { code: 3, message }, ...over });
  expect(observation).toMatchObject({ status: "ended", outcome: { state: "FAILED", failure } });
  expect(observation).not.toMatchObject({ outcome: { neverStarted: true } });
});

test.each([
  ["no machines before the start: it may be launched again", neverStarted, { neverStarted: true, failure: { class: "start_failure" } }],
  ["no machines after the start: it may not", {}, { failure: { class: "start_failure" } }],
])("%s", (_rule, over, outcome) => {
  const observation = seen("FAILED", { error: { code: 8, message: SHORT }, ...over });
  expect(observation).toMatchObject({ outcome });
  expect("neverStarted" in (observation as { outcome: object }).outcome).toBe("neverStarted" in outcome);
});

test("what the run itself wrote is kept with its record, and is no part of the reason, which others are told", () => {
  const written = "Traceback (most recent call last):\n File main.py\nKeyError: 'k'";
  for (const [message, reason] of [
    [EXIT(1, ` Termination reason: Error. \n${written}${LOGS}`), `${EXIT(1)} Termination reason: Error.`],
    [EXIT(1, ` \nTermination log message: ${written}`), EXIT(1)],
  ]) {
    const { outcome } = seen("FAILED", { error: { code: 3, message } }) as { readonly outcome: { readonly failure: RunFailure } };
    expect(outcome.failure.reason).toBe(reason);
    expect(outcome.failure.lastLines?.join()).toMatch(/^(Termination log message: )?Traceback .*KeyError: 'k'$/);
  }
});

test("no piece of a variable of any pool is in what is said, and what is said is bounded", () => {
  const jobSpec = {
    workerPoolSpecs: [
      {
        containerSpec: {
          env: [
            { name: "A", value: "first-secret-value" },
            { name: "B", value: "abc" },
          ],
        },
      },
      { pythonPackageSpec: { env: [{ name: "C", value: "other-secret-value" }] } },
    ],
  };
  const written = `${EXIT(1)} Traceback: first-secret-value, half of it: t-secret-va, other-secret-value, abc ${"x".repeat(5000)} at the end KeyError: 'k'`;
  const observation = JSON.stringify(seen("FAILED", { jobSpec, error: { code: 3, message: written } }));
  expect(observation).not.toMatch(/secret|abc/);
  expect(observation).toContain("KeyError");
  expect(observation.length).toBeLessThan(1500);
});

test.each([
  ["no job", {}],
  ["a state that is a number", { name: NAME, state: 4 }],
  ["a text", "job"],
])("an answer that is none is refused: %s", (_rule, answer) => {
  expect(() => jobOf(answer)).toThrow();
});
