/** What every test of random histories does with its seeds: one to look into a failure, or many. */
import { afterAll, expect, test } from "vitest";

/** One seed to look into a failure, or the first of many. */
const SEED = process.env["SLIPWAY_SEED"];
const COUNT = process.env["SLIPWAY_PLANS"];
const FIRST = Number(SEED ?? 1);

/** How many failing seeds are told before the rest is left. */
const ENOUGH = 5;
/** Seeds enough for something that was taken out to be found out. */
const BROKEN_PLANS = 60;

/** For a test that plays many. */
export const MANY = { timeout: 4 * 3_600_000 };

/** What is read of any history. */
interface Played {
  readonly violations: readonly string[];
  readonly crashes: number;
}

/** The histories of one test file. */
export interface Histories<Result> {
  /** The file's name, without its ending. */
  readonly file: string;
  /** What holds of each. */
  readonly rule: string;
  play(seed: number): Promise<Result>;
  /** How many are played where nobody says so. */
  readonly plans: number;
  /** How much came of one, and what: `2 containers`. */
  readonly counts: Readonly<Record<string, (result: Result) => number>>;
  /** What must be the same each time a seed is played, and of how many seeds that is tried. */
  readonly same?: (result: Result) => unknown;
  readonly again: number;
}

/** Tests that nothing is wrong with the histories of the seeds, and that each is the same once more. Answers how many there are, and what came of them once they are played. */
export function testHistories<Result extends Played>(
  histories: Histories<Result>,
): { readonly plans: number; readonly played: readonly Result[] } {
  const { file, rule, play, counts, same = (result) => result, again } = histories;
  const plans = Number(COUNT ?? (SEED === undefined ? histories.plans : 1));
  const last = FIRST + plans - 1;
  const played: Result[] = [];

  test(`seeds ${FIRST} to ${last}: ${rule}`, MANY, async () => {
    const failed: string[] = [];
    for (let seed = FIRST; seed <= last && failed.length < ENOUGH; seed++) {
      const result = await play(seed);
      played.push(result);
      if (result.violations.length > 0)
        failed.push(`SLIPWAY_SEED=${seed} npx vitest run test/harness/${file}.test.ts\n  ${result.violations.join("\n  ")}`);
    }
    expect(failed).toEqual([]);
  });

  test("the same seed is the same history", async () => {
    for (const [index, first] of played.slice(0, again).entries()) expect(same(await play(FIRST + index))).toEqual(same(first));
  });

  afterAll(() => {
    const sum = (of: (result: Result) => number) => played.reduce((total, result) => total + of(result), 0);
    const sums = Object.entries({ crashes: (one: Result) => one.crashes, ...counts }).map(([what, of]) => `${sum(of)} ${what}`);
    process.stdout.write(`${file}, seeds ${FIRST}-${last}: ${played.length} histories, ${sums.join(", ")}\n`);
  });
  return { plans, played };
}

/** Whether what was taken out is missed: one of some histories is wrong so. */
export async function foundOut(play: (seed: number) => Promise<Played>, wrong: RegExp, seeds = BROKEN_PLANS): Promise<void> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await play(seed);
    if (violations.some((text) => wrong.test(text))) return;
  }
  expect.unreachable(`nothing was wrong in ${seeds} histories`);
}

/** What may befall a call. */
export const MISHAPS = ["answer cut", "answer lost", "answered", "late", "lost", "stopped after", "stopped before", "throttled"];

/** That these calls met every mishap, where there are many histories; and no other. */
export function expectMishaps(
  played: readonly { readonly fates: ReadonlyMap<string, number> }[],
  calls: readonly string[],
  plans: number,
): void {
  const all = calls.flatMap((call) => MISHAPS.map((kind) => `${call} ${kind}`)).sort();
  const met = new Set(played.flatMap(({ fates }) => [...fates.keys()].filter((fate) => calls.some((call) => fate.startsWith(`${call} `)))));
  expect(all).toEqual(plans >= 500 ? [...met].sort() : expect.arrayContaining([...met]));
}
