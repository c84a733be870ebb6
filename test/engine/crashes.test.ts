/** Random histories before a real daemon: none lost, none twice, none endless, nothing left. Without the name that does not hold. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { withoutTheName } from "../harness/docker-without-name.ts";
import type { DockerLauncher } from "../harness/docker-world.ts";
import { type CrashPlanResult, runCrashPlan } from "./crash-plan.ts";
import { type Dockerd, startDockerd } from "./dockerd.ts";
import { type Sshd, startSshd } from "./sshd.ts";

/** One seed to look into a failure, or the first of many. */
const SEED = process.env["SLIPWAY_SEED"];
const COUNT = process.env["SLIPWAY_PLANS"];
const FIRST = Number(SEED ?? 1);
const PLANS = Number(COUNT ?? (SEED === undefined ? 24 : 1));
const LAST = FIRST + PLANS - 1;
const MANY = { timeout: 4 * 3_600_000 };

/** How many histories there are at once: each of them mostly waits. */
const AT_ONCE = 4;
/** How many failing seeds are told before the rest is left. */
const ENOUGH = 5;
/** Seeds enough for the missing name to be found out. */
const BROKEN_PLANS = 60;

let dockerd: Dockerd;
let sshd: Sshd;

beforeAll(async () => {
  dockerd = await startDockerd();
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd?.close();
  await dockerd?.close();
});

/** Plays these seeds, some at once, as long as `on` says so of each result. */
async function playAll(first: number, last: number, on: (seed: number, result: CrashPlanResult) => boolean, launcher?: DockerLauncher) {
  let next = first;
  let goesOn = true;
  const lane = async () => {
    while (goesOn && next <= last) {
      const seed = next++;
      const result = await runCrashPlan({ dockerd, sshd }, seed, launcher);
      goesOn = on(seed, result) && goesOn;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const played: CrashPlanResult[] = [];

test(`seeds ${FIRST} to ${LAST}: no run is lost, runs twice or is endless, and no container is left`, MANY, async () => {
  const failed: string[] = [];
  await playAll(FIRST, LAST, (seed, result) => {
    played.push(result);
    if (result.violations.length > 0)
      failed.push(`SLIPWAY_SEED=${seed} npm run test:engine -- crashes\n  ${result.violations.join("\n  ")}`);
    return failed.length < ENOUGH;
  });
  expect(failed).toEqual([]);
});

test("without the name: found out", MANY, async () => {
  let found = false;
  const look = (_seed: number, { violations }: CrashPlanResult) => {
    found ||= violations.some((text) => /it ran \d times/.test(text));
    return !found;
  };
  await playAll(1, BROKEN_PLANS, look, withoutTheName());
  expect(found).toBe(true);
});

afterAll(() => {
  const sum = (of: (result: CrashPlanResult) => number) => played.reduce((total, result) => total + of(result), 0);
  const counted = (words: readonly string[]) =>
    [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} ${word}`).join(", ");
  const mishaps = sum(({ fates }) => [...fates].reduce((total, [fate, times]) => total + (fate.endsWith(" answered") ? 0 : times), 0));
  const numbers = `${sum(({ crashes }) => crashes)} crashes, ${mishaps} mishaps of the daemon's calls, ${sum(({ began }) => began)} commands that ran`;
  const states = counted(played.flatMap((result) => result.states));
  process.stdout.write(`seeds ${FIRST}-${LAST}: ${played.length} histories over a real Docker daemon, ${numbers}; ${states}\n`);
});
