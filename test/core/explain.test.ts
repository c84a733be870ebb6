/** What a person is told of a run: for every state, every code, and every record that histories make. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { adviceOn, ownAdvice } from "../../shared/core/advice.ts";
import { type Explanation, explainRun } from "../../shared/core/explain.ts";
import type { FailureClass } from "../../shared/core/failure.ts";
import type { RunFailureClass, RunRecord } from "../../shared/core/record.ts";
import { isTerminal, RUN_STATES } from "../../shared/core/run-state.ts";
import { testDispatcher } from "../support/dispatcher.ts";
import { HANDLE, item } from "../support/every-write.ts";
import { runPlan } from "../support/random-plan.ts";
import { doubleTarget } from "../support/runs.ts";
import { failureOf, type SubmitFate } from "../support/service-double.ts";

const NOW = 1_000_000;
const MINUTE = 60_000;
const CAPACITY = { code: "CAPACITY", message: "no room", class: "capacity" } as const;
const RAN = { target: "prod", launcher: "ecs", handle: HANDLE, place: "here" };

interface Row {
  readonly situation: string;
  readonly run: Partial<RunRecord>;
  readonly says: RegExp;
  readonly reason?: string;
  readonly waits?: RegExp;
  readonly until?: number;
  readonly next?: RegExp;
}

const ROWS: readonly Row[] = [
  {
    situation: "taken in",
    run: { state: "ACCEPTED", attempt: 0, nextCheckAt: NOW + 5 },
    says: /taken in and not launched yet/,
    waits: /dispatcher/,
    until: NOW + 5,
  },
  {
    situation: "waits for capacity",
    run: { state: "WAITING", error: CAPACITY, dueAt: NOW + 9, giveUpAt: NOW + 99 },
    says: /not launched: CAPACITY, no room/,
    reason: "CAPACITY",
    waits: /next try/,
    until: NOW + 9,
    next: /goes on by itself/,
  },
  {
    situation: "is due, for a reason that is its own code",
    run: { state: "WAITING", error: { ...CAPACITY, message: "CAPACITY" }, dueAt: NOW - 9 },
    says: /: CAPACITY$/,
    reason: "CAPACITY",
    waits: /dispatcher to take it up/,
  },
  {
    situation: "was reopened",
    run: { state: "WAITING", dueAt: NOW, reopenedAt: NOW - 1 },
    says: /reopened, and waits/,
    waits: /dispatcher/,
  },
  {
    situation: "is being launched",
    run: { state: "LAUNCHING", owner: "o", leaseUntil: NOW + 7, target: "prod" },
    says: /being launched on prod right now/,
    until: NOW + 7,
  },
  {
    situation: "its dispatcher ended",
    run: { state: "LAUNCHING", owner: "o", leaseUntil: NOW - 7, target: "prod" },
    says: /ended without a word/,
    waits: /settles/,
  },
  {
    situation: "in doubt",
    run: {
      state: "LAUNCHING",
      unsettled: true,
      dueAt: NOW + 3,
      target: "prod",
      error: { code: "TimeoutError", message: "no answer", class: "unknown" },
    },
    says: /not known whether it was launched on prod: TimeoutError/,
    reason: "TimeoutError",
    waits: /same key/,
    until: NOW + 3,
  },
  {
    situation: "its target is gone",
    run: { state: "LAUNCHING", target: "prod", error: { code: "TARGET_GONE", message: "gone" } },
    says: /TARGET_GONE/,
    reason: "TARGET_GONE",
    next: /Bring its target back/,
  },
  {
    situation: "it ends dispatchers",
    run: {
      state: "LAUNCHING",
      target: "prod",
      lostLeases: 5,
      owner: "o",
      leaseUntil: NOW - 1,
      error: { code: "CRASHES_DISPATCHER", message: "five times" },
    },
    says: /CRASHES_DISPATCHER/,
    reason: "CRASHES_DISPATCHER",
    next: /dispatcher's log/,
  },
  {
    situation: "launched",
    run: { state: "LAUNCHED", ...RAN, nextCheckAt: NOW + 4 },
    says: /launched on prod, and has not been seen running/,
    waits: /start/,
    until: NOW + 4,
  },
  {
    situation: "its target does not know it",
    run: { state: "LAUNCHED", ...RAN, missingAt: NOW - 4 },
    says: /did not know it/,
    waits: /second look/,
  },
  { situation: "runs", run: { state: "RUNNING", ...RAN }, says: /runs on prod/, waits: /its end/, next: /slipway cancel ID/ },
  {
    situation: "is kept from starting",
    run: { state: "LAUNCHED", ...RAN, held: { class: "image_pull", reason: "no such image" } },
    says: /kept from starting: no such image/,
    reason: "image_pull",
    next: /whether the image is there/,
  },
  {
    situation: "passed its time",
    run: { state: "RUNNING", ...RAN, stopping: { class: "timeout", reason: "it ran for 60 s" } },
    says: /passed a limit, and prod is asked to stop it/,
    reason: "timeout",
    waits: /its end/,
    next: /timeout_seconds/,
  },
  {
    situation: "will be ended by its service",
    run: { state: "RUNNING", ...RAN, ending: "Spot takes it back" },
    says: /will be ended soon: Spot takes it back/,
  },
  {
    situation: "runs, and its target is gone",
    run: { state: "RUNNING", ...RAN, error: { code: "TARGET_GONE", message: "gone" } },
    says: /can't be looked at: TARGET_GONE/,
    reason: "TARGET_GONE",
    next: /Bring its target back/,
  },
  { situation: "succeeded", run: { state: "SUCCEEDED", ...RAN }, says: /ran on prod and succeeded/ },
  {
    situation: "failed",
    run: { state: "FAILED", ...RAN, links: { log: "/l" }, failure: { class: "app_error", exitCode: 3, reason: "exit code 3" } },
    says: /failed on prod: exit code 3/,
    reason: "app_error",
    next: /its log.*\/l.*new id/is,
  },
  {
    situation: "failed, with a hint",
    run: { state: "FAILED", ...RAN, failure: { class: "image_pull", reason: "no such image", hint: "Push it." } },
    says: /no such image/,
    reason: "image_pull",
    next: /Push it\./,
  },
  { situation: "cancelled before its launch", run: { state: "CANCELLED" }, says: /nothing of it ever ran/, reason: "CANCELLED" },
  { situation: "cancelled while it ran", run: { state: "CANCELLED", ...RAN }, says: /stopped on prod/, reason: "CANCELLED" },
  {
    situation: "lost",
    run: { state: "LOST", ...RAN, error: { code: "LOST", message: "nothing was seen of it" } },
    says: /lost: nothing was seen/,
    reason: "LOST",
    next: /reopen --lost ID/,
  },
  {
    situation: "refused for what an operator can change",
    run: { state: "REJECTED", error: { code: "NO_TARGET", message: "none", path: "run_config.labels" } },
    says: /not launched: NO_TARGET, none/,
    reason: "NO_TARGET",
    next: /`slipway reopen ID`/,
  },
  {
    situation: "refused for what it is",
    run: { state: "REJECTED", error: { code: "INVALID_REQUEST", message: "bad" } },
    says: /INVALID_REQUEST/,
    reason: "INVALID_REQUEST",
    next: /new id/,
  },
  {
    situation: "refused by a service, which has a hint",
    run: { state: "REJECTED", error: { code: "AccessDeniedException", message: "no", class: "denied", hint: "Allow ecs:RunTask." } },
    says: /AccessDeniedException/,
    reason: "AccessDeniedException",
    next: /Allow ecs:RunTask\..*reopen ID/is,
  },
  {
    situation: "waited in vain",
    run: { state: "REJECTED", error: { code: "GAVE_UP", message: "waited in vain: no room", class: "capacity" } },
    says: /GAVE_UP, waited in vain: no room/,
    reason: "GAVE_UP",
    next: /reopen ID/,
  },
  {
    situation: "expired",
    run: { state: "EXPIRED", error: { code: "EXPIRED", message: "not launched by then", path: "not_after" } },
    says: /not launched in time/,
    reason: "EXPIRED",
    next: /reopen ID/,
  },
  { situation: "only its cancel came", run: { attempt: 0, cancelRequestedAt: NOW }, says: /only its cancel has come/, reason: "CANCELLED" },
  {
    situation: "waits, and is cancelled: that comes first",
    run: { state: "WAITING", error: CAPACITY, dueAt: NOW + 9, cancelRequestedAt: NOW },
    says: /will not be launched/,
    reason: "CANCELLED",
  },
  {
    situation: "in doubt, and is cancelled",
    run: { state: "LAUNCHING", unsettled: true, target: "prod", cancelRequestedAt: NOW, error: { code: "TARGET_GONE", message: "gone" } },
    says: /cancel was requested while.*TARGET_GONE/,
    reason: "CANCELLED",
    next: /Bring its target back/,
  },
  {
    situation: "runs, and is cancelled",
    run: { state: "RUNNING", ...RAN, cancelRequestedAt: NOW },
    says: /prod is asked to stop it/,
    reason: "CANCELLED",
    waits: /its end/,
  },
  {
    situation: "nobody sweeps",
    run: { state: "WAITING", error: CAPACITY, dueAt: NOW - 60 * MINUTE, nextCheckAt: NOW - 60 * MINUTE },
    says: /CAPACITY.*nobody has looked after it/,
    reason: "CAPACITY",
    next: /whether the sweep runs/,
  },
];

test.each(ROWS)("$situation", ({ run, says, reason, waits, until, next }) => {
  const { state: _, ...withoutState } = item({});
  const explanation = explainRun({ ...withoutState, ...run } as RunRecord, NOW);
  expect(explanation.summary).toMatch(says);
  expect(explanation.reason?.code).toBe(reason);
  if (waits === undefined) expect(run.state === undefined || isTerminal(run.state) || explanation.waits !== undefined).toBe(true);
  else expect(explanation.waits?.for).toMatch(waits);
  if (until !== undefined) expect(explanation.waits?.until).toBe(until);
  if (next !== undefined) expect(explanation.next.join("\n")).toMatch(next);
});

test("every state has a row", () => {
  const rows = new Set(ROWS.map(({ run }) => run.state));
  expect(RUN_STATES.filter((state) => !rows.has(state))).toEqual([]);
});

/** What one submit meets, one after the other. */
const SEQUENCES: readonly (readonly [FailureClass, ...FailureClass[]])[] = [
  ["capacity"],
  ["denied"],
  ["invalid"],
  ["capacity", "denied"],
  ["throttled", "capacity"],
  ["capacity", "throttled", "invalid"],
  ["unavailable", "not_found"],
];

test.each(SEQUENCES.map((classes) => [classes.join(", then "), classes] as const))(
  "a history of %s: the first that blocked it is named, and what blocks it now",
  async (_name, classes) => {
    const dispatcher = testDispatcher({ targets: [doubleTarget({ name: "one" })] });
    const fates: SubmitFate[] = [];
    dispatcher.service.otherwise(() => fates[0] ?? { kind: "accepted" });
    for (const [index, failureClass] of classes.entries()) {
      fates.splice(0, 1, { kind: "refused", class: failureClass });
      if (index === 0) await dispatcher.submit("run");
      else {
        await dispatcher.clock.advance((dispatcher.item("run").dueAt ?? 0) - dispatcher.clock.now());
        await dispatcher.wake("run");
      }
    }
    const codes = classes.map((failureClass) => failureOf(failureClass).code);
    const explanation = explainRun(dispatcher.item("run"), dispatcher.clock.now());
    expect(explanation.reason?.code).toBe(codes.at(-1));
    expect(explanation.first?.code ?? explanation.reason?.code).toBe(codes[0]);
    expect(explanation.summary).toContain(codes.at(-1));
    expect(explanation.where).toMatchObject({ target: "one", launcher: "double" });
    expect(explanation.tried).toMatch(classes.length === 1 ? /^one attempt/ : new RegExp(`^${classes.length} attempts`));
  },
);

test("what was before it was reopened is not named as what blocks it", async () => {
  const timeline = [
    { at: 1, event: "rejected", code: "NO_TARGET" },
    { at: 2, event: "reopened" },
    { at: 3, event: "waiting", code: "CAPACITY", attempt: 1 },
  ];
  const explanation = explainRun(item({ state: "WAITING", error: { ...CAPACITY, code: "OTHER" }, dueAt: NOW + 1, timeline }), NOW);
  expect(explanation.first).toMatchObject({ code: "CAPACITY", at: 3 });
  expect(explanation.tried).toMatch(/reopened once/);
});

function wrongWith(run: RunRecord, explanation: Explanation): readonly string[] {
  const wrong: string[] = [];
  if (
    run.error !== undefined &&
    run.cancelRequestedAt === undefined &&
    run.owner === undefined &&
    run.state !== "LAUNCHED" &&
    run.state !== "RUNNING"
  ) {
    if (explanation.reason?.code !== run.error.code)
      wrong.push(`its reason is ${explanation.reason?.code}, the record's ${run.error.code}`);
    if (!explanation.summary.includes(run.error.message)) wrong.push("the reason's message is not said");
  }
  if (explanation.summary === "" || explanation.tried === "") wrong.push("something is not said");
  if (run.state !== "SUCCEEDED" && explanation.next.length === 0) wrong.push("nothing says what to do next");
  if (run.target !== undefined && explanation.where?.target !== run.target) wrong.push("it is not said where");
  if (run.state !== undefined && !isTerminal(run.state) && explanation.waits === undefined) wrong.push("it is not said what it waits for");
  if (/undefined|null|NaN|\[object/.test(JSON.stringify(explanation))) wrong.push("a value is missing in a sentence");
  return wrong.map((text) => `${run.state}: ${text} ${JSON.stringify(explanation)}`);
}

test("every record of 300 random histories is explained: where, why, what it waits for, what to do", async () => {
  const wrong = new Set<string>();
  const states = new Set<string>();
  for (let seed = 1; seed <= 300 && wrong.size < 5; seed++) {
    await runPlan(seed, { idempotent: true }, (run, now) => {
      states.add(run.state ?? "tombstone");
      for (const text of wrongWith(run, explainRun(run, now))) wrong.add(`seed ${seed}: ${text}`);
    });
  }
  expect([...wrong]).toEqual([]);
  expect(states.size).toBeGreaterThan(9);
});

test("every code of our own on the errors page has advice", async () => {
  const page = await readFile("docs/errors.md", "utf8");
  const own = page.split(/^## /m).filter((section) => /^(Refused before|On a run's record)/.test(section));
  const codes = own.flatMap((section) => [...section.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code ?? ""));
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => ownAdvice(code) === undefined)).toEqual([]);
});

test.each<RunFailureClass>(["app_error", "out_of_memory", "image_pull", "start_failure", "interrupted", "timeout", "stopped"])(
  "a run that failed by %s: what to do",
  (failureClass) => {
    expect(adviceOn({ class: failureClass })).toMatch(/\.$/);
  },
);
