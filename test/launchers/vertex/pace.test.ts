import { expect, test } from "vitest";
import { createPace, type Pace } from "../../../shared/launchers/vertex/pace.ts";
import { virtualClock } from "../../support/virtual-clock.ts";

const SECOND = 1000;
const live = new AbortController().signal;

async function turns(pace: Pace, count: number) {
  const taken = [];
  for (let index = 0; index < count; index++) taken.push(await pace.turn(live));
  return taken;
}

test("sixty at once, and the next when the first is a minute old: those in between are told one after the other", async () => {
  const clock = virtualClock();
  const pace = createPace(clock);
  expect((await turns(pace, 60)).every(({ status }) => status === "go")).toBe(true);
  expect(await turns(pace, 3)).toEqual([60, 61, 62].map((seconds) => ({ status: "later", seconds })));
  await clock.advance(61 * SECOND);
  expect(await pace.turn(live)).toEqual({ status: "go" });
});

test("in no minute more than sixty, whenever they come", async () => {
  const clock = virtualClock();
  const pace = createPace(clock);
  const made: number[] = [];
  for (let index = 0; index < 400; index++) {
    await clock.advance(700);
    const turn = await clock.drive(pace.turn(live));
    if (turn.status === "go") made.push(clock.now());
  }
  for (const from of made) expect(made.filter((at) => at >= from && at < from + 60 * SECOND).length).toBeLessThanOrEqual(60);
  expect(made.length).toBeGreaterThan(230);
});

test("room within ten seconds is waited for", async () => {
  const clock = virtualClock();
  const pace = createPace(clock);
  await turns(pace, 60);
  await clock.advance(51 * SECOND);
  const before = clock.now();
  expect(await clock.drive(pace.turn(live))).toEqual({ status: "go" });
  expect(clock.now() - before).toBe(9 * SECOND);
});

test("who is cut off while waiting makes no submission, and his room is another's", async () => {
  const clock = virtualClock();
  const pace = createPace(clock);
  await turns(pace, 60);
  await clock.advance(55 * SECOND);
  const over = new AbortController();
  const waiting = pace.turn(over.signal);
  over.abort();
  expect(await clock.drive(waiting)).toMatchObject({ status: "later" });
  await clock.advance(10 * SECOND);
  expect((await turns(pace, 60)).every(({ status }) => status === "go")).toBe(true);
});

test("a throttle pauses all, twice as long each time, until one is taken", async () => {
  const clock = virtualClock();
  const pace = createPace(clock);
  expect(pace.throttled()).toBe(15);
  // Those that were on their way count with it, and are told to come one after the other.
  expect(pace.throttled()).toBe(16);
  expect(await pace.turn(live)).toMatchObject({ status: "later" });
  await clock.advance(20 * SECOND);
  expect(await pace.turn(live)).toEqual({ status: "go" });
  expect(pace.throttled()).toBeGreaterThanOrEqual(30);
  await clock.advance(31 * SECOND);
  pace.taken();
  expect(pace.throttled()).toBe(15);
});
