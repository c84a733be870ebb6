/** Whatever order a task's events come in, however often, whichever of them get lost: with sweeps after them the record is the same. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { runKey } from "../../shared/core/identity.ts";
import { observeEvent } from "../../shared/core/observe-event.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isTerminal } from "../../shared/core/run-state.ts";
import { recordAccepted } from "../../shared/core/writes/settle.ts";
import { ecs } from "../../shared/launchers/ecs/index.ts";
import { testDispatcher } from "../support/dispatcher.ts";
import { memoryRunStore } from "../support/memory-store.ts";
import { START } from "../support/virtual-clock.ts";
import { type Course, type RecordedTask, recordedTask, TARGET } from "./recorded-task.ts";

const KEY = runKey("r");
const MINUTE = 60_000;
const SEED = Number(process.env["SLIPWAY_SEED"] ?? 1);
const RUNS = Number(process.env["SLIPWAY_PLANS"] ?? 150);

/** How a task ended, what was noted on its record before, and what the record must come to. */
const COURSES: readonly (readonly [what: string, course: Course, noted: Partial<RunRecord>, end: object])[] = [
  ["exit 0", { finish: { exitCode: 0 } }, {}, { state: "SUCCEEDED", exitCode: 0 }],
  ["exit 3", { finish: { exitCode: 3 } }, {}, { state: "FAILED", exitCode: 3, failure: { class: "app_error" } }],
  [
    "want of memory",
    { finish: { exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" } },
    {},
    { state: "FAILED", failure: { class: "out_of_memory" } },
  ],
  ["cancelled", { stop: "cancelled", exitCode: 143 }, { cancelRequestedAt: START }, { state: "CANCELLED" }],
  ["cancelled, and done all the same", { stop: "cancelled", exitCode: 0 }, { cancelRequestedAt: START }, { state: "SUCCEEDED" }],
  [
    "over its limit",
    { stop: "timeout", exitCode: 143 },
    { stopping: { class: "timeout", reason: "too long" } },
    { state: "FAILED", exitCode: 143, failure: { class: "timeout", reason: "too long" } },
  ],
  [
    "an image that is not there",
    { failToStart: "CannotPullContainerError: manifest unknown: not found" },
    {},
    { state: "FAILED", attempt: 1, failure: { class: "image_pull" } },
  ],
  ["never started, for a reason that may pass", { failToStart: "RESOURCE:MEMORY" }, {}, { state: "WAITING", relaunches: 1, attempt: 1 }],
];

/** Plays a delivery: `events` by their index, the launch recorded before the one at `recordAt`; then sweeps. */
async function played(task: RecordedTask, noted: Partial<RunRecord>, events: readonly number[], recordAt: number): Promise<RunRecord> {
  const changes: string[] = [];
  const store = memoryRunStore((before, after) => {
    if (before?.state !== undefined && isTerminal(before.state)) changes.push(`${before.state} became ${JSON.stringify(after)}`);
  });
  const dispatcher = testDispatcher({ targets: [TARGET], store });
  Object.assign(dispatcher.context.planning, { launchers: { ecs } });
  Object.assign(dispatcher.context, { backends: async () => task.backend });
  const lease = { attempt: 1, owner: "ours" };
  store.put(KEY, {
    id: "r",
    key: KEY,
    digest: "d",
    state: "LAUNCHING",
    leaseUntil: START + 75_000,
    nextCheckAt: START + 75_000,
    target: TARGET.name,
    place: ecs.place(TARGET, { stateFolder: undefined }),
    ...lease,
    ...noted,
  });
  const record = () => store.write(KEY, recordAccepted(lease, { id: task.handle }, { now: START, nextCheckAt: START + MINUTE }));
  for (const [at, index] of events.entries()) {
    if (at === recordAt) await record();
    await observeEvent(dispatcher.context, task.events[index] ?? {});
  }
  if (recordAt >= events.length) await record();
  for (let minute = 0; minute < 4; minute++) {
    await dispatcher.clock.advance(MINUTE);
    await dispatcher.sweep();
  }
  expect(changes).toEqual([]);
  return dispatcher.item("r");
}

/** What is of our own clock and chance, and the history, which tells in what order things came. */
function comparable({ timeline: _t, launchedAt: _l, wakes: _w, nextCheckAt: _n, dueAt: _d, expiresAt: _e, ...record }: RunRecord): object {
  return record;
}

test.each(COURSES)("%s: in any order, doubled and dropped", { timeout: 300_000 }, async (_what, course, noted, end) => {
  const task = await recordedTask(course);
  const inOrder = task.events.map((_, index) => index);
  const expected = await played(task, noted, inOrder, 1);
  expect(expected).toMatchObject(end);
  const delivery = fc.array(fc.constantFrom(...inOrder), { maxLength: 3 * inOrder.length });
  await fc.assert(
    fc.asyncProperty(delivery, fc.nat({ max: 3 * inOrder.length }), async (events, recordAt) => {
      expect(comparable(await played(task, noted, events, recordAt))).toEqual(comparable(expected));
    }),
    { seed: SEED, numRuns: RUNS },
  );
});

/** Every order of every subset. */
function arrangements(of: readonly number[]): readonly (readonly number[])[] {
  return [[], ...of.flatMap((first) => arrangements(of.filter((other) => other !== first)).map((rest) => [first, ...rest]))];
}

test("exit 0: every order of every subset of the events, the launch recorded before each and after all", { timeout: 300_000 }, async () => {
  const task = await recordedTask({ finish: { exitCode: 0 } });
  const inOrder = task.events.map((_, index) => index);
  const expected = comparable(await played(task, {}, inOrder, 1));
  let count = 0;
  for (const events of arrangements(inOrder)) {
    for (let recordAt = 0; recordAt <= events.length; recordAt++) {
      expect(comparable(await played(task, {}, events, recordAt)), `${events}, recorded at ${recordAt}`).toEqual(expected);
      count++;
    }
  }
  process.stdout.write(`${count} deliveries of ${inOrder.length} events\n`);
  expect(count).toBeGreaterThan(200);
});
