/** The times of cron rules against an oracle that knows nothing of the library: it looks at every minute on the zone's wall. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { dueTimes } from "../../shared/adapters/due-times.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Zones with changes by an hour and by half of one, at different hours, at midnight, on the southern side, backwards, and with none. */
const ZONES = [
  "Europe/Berlin",
  "Europe/London",
  "Europe/Dublin",
  "America/New_York",
  "America/St_Johns",
  "America/Santiago",
  "America/Havana",
  "Atlantic/Azores",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Asia/Tokyo",
  "Australia/Lord_Howe",
  "Australia/Adelaide",
  "Pacific/Chatham",
  "Pacific/Auckland",
  "UTC",
];

/** Days on which some of these zones change, and others. */
const FROM = [
  "2026-03-07",
  "2026-03-28",
  "2026-10-24",
  "2026-10-31",
  "2026-04-04",
  "2026-10-03",
  "2026-09-05",
  "2026-04-23",
  "2024-02-28",
  "2025-12-31",
];

/** A field as its text and the numbers that it stands for. */
interface Field {
  readonly text: string;
  readonly has: (value: number) => boolean;
}

function field(least: number, most: number): fc.Arbitrary<Field> {
  const number = fc.integer({ min: least, max: most });
  const list = fc
    .uniqueArray(number, { minLength: 1, maxLength: 4 })
    .map((all) => ({ text: all.join(","), has: (value: number) => all.includes(value) }));
  const range = fc.tuple(number, number).map(([a, b]) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    return { text: `${from}-${to}`, has: (value: number) => value >= from && value <= to };
  });
  const step = fc.integer({ min: 2, max: Math.max(2, Math.floor((most - least) / 2)) }).map((by) => ({
    text: `*/${by}`,
    has: (value: number) => (value - least) % by === 0,
  }));
  return fc.oneof({ weight: 2, arbitrary: fc.constant({ text: "*", has: () => true }) }, { weight: 2, arbitrary: list }, range, step);
}

const rules = fc.record({
  minute: field(0, 59),
  hour: field(0, 23),
  day: field(1, 31),
  month: fc.constant({ text: "*", has: () => true }),
  weekday: field(0, 6),
});

type Rule = typeof rules extends fc.Arbitrary<infer Of> ? Of : never;

interface Shown {
  readonly instant: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly weekday: number;
  /** Shown before, by the same clock. */
  readonly again: boolean;
}

const walls = new Map<string, readonly Shown[]>();
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Every minute of four days on the wall of a zone. */
function wallOf(zone: string, from: number): readonly Shown[] {
  const key = `${zone} ${from}`;
  const known = walls.get(key);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "2-digit",
    month: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const seen = new Set<string>();
  const shown: Shown[] = [];
  for (let instant = from - 4 * HOUR; instant < from + 4 * DAY; instant += MINUTE) {
    const text = format.format(instant);
    const [, weekday = "", day = "", hour = "", minute = ""] = /^(\w{3}),? (\d\d)\/\d\d, (\d\d):(\d\d)$/.exec(text) ?? [];
    shown.push({
      instant,
      minute: Number(minute),
      hour: Number(hour),
      day: Number(day),
      weekday: WEEKDAYS.indexOf(weekday),
      again: seen.has(text),
    });
    seen.add(text);
  }
  const within = shown.filter(({ instant }) => instant >= from);
  walls.set(key, within);
  return within;
}

/** As cron has it: where both days are restricted, either will do. */
function matches({ minute, hour, day, weekday }: Rule, shown: Shown): boolean {
  const byDay =
    day.text === "*" || weekday.text === "*"
      ? day.has(shown.day) && weekday.has(shown.weekday)
      : day.has(shown.day) || weekday.has(shown.weekday);
  return !shown.again && minute.has(shown.minute) && hour.has(shown.hour) && byDay;
}

const SEED = Number(process.env["SLIPWAY_SEED"] ?? Date.now() % 1_000_000);

test(`the times of a rule are those that the wall shows, each the first time only (seed ${SEED})`, () => {
  const cases = fc.record({
    rule: rules,
    zone: fc.constantFrom(...ZONES),
    day: fc.constantFrom(...FROM),
    look: fc.integer({ min: 0, max: 4 * DAY - 1 }),
  });
  fc.assert(
    fc.property(cases, ({ rule, zone, day, look }) => {
      const from = Date.parse(`${day}T00:00:00Z`);
      const expected = wallOf(zone, from)
        .filter((shown) => matches(rule, shown))
        .map(({ instant }) => instant);
      const { minute, hour, day: dayField, month, weekday } = rule;
      const times = dueTimes(`${minute.text} ${hour.text} ${dayField.text} ${month.text} ${weekday.text}`, zone);
      const found: number[] = [];
      const most = Math.min(expected.length, 40);
      for (let at = times.next(from - 1); at !== undefined && at < from + 4 * DAY && found.length < most; at = times.next(at))
        found.push(at);
      expect(found).toEqual(expected.slice(0, most));
      const instant = from + look;
      const before = expected.findLast((at) => at <= instant);
      if (before !== undefined) expect(times.last(instant)).toBe(before);
      const after = expected.find((at) => at > instant);
      if (after !== undefined) expect(times.next(instant)).toBe(after);
    }),
    { seed: SEED, numRuns: Number(process.env["SLIPWAY_PLANS"] ?? 60) },
  );
});

test.each([
  [
    "a time that daylight saving skips is skipped",
    "30 2 * * *",
    "Europe/Berlin",
    "2026-03-28T00:00:00Z",
    ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"],
  ],
  [
    "an hour that it skips is skipped",
    "0 * * * *",
    "Europe/Berlin",
    "2026-03-29T00:30:00Z",
    ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
  ],
  [
    "a time that it repeats fires the first time",
    "30 2 * * *",
    "Europe/Berlin",
    "2026-10-24T22:00:00Z",
    ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
  ],
  [
    "an hour that it repeats fires once",
    "0 * * * *",
    "Europe/Berlin",
    "2026-10-24T23:30:00Z",
    ["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"],
  ],
  [
    "a change by half an hour",
    "45 1 * * *",
    "Australia/Lord_Howe",
    "2026-04-04T00:00:00Z",
    ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
  ],
  ["a midnight that is skipped", "0 0 * * *", "America/Santiago", "2026-09-05T05:00:00Z", ["2026-09-07T03:00:00Z", "2026-09-08T03:00:00Z"]],
  ["a whole day that is skipped", "0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", ["2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"]],
  ["the last day of February", "0 3 L 2 *", "UTC", "2026-02-01T00:00:00Z", ["2026-02-28T03:00:00Z", "2027-02-28T03:00:00Z"]],
] as const)("%s: %s in %s", (_rule, cron, zone, from, expected) => {
  const times = dueTimes(cron, zone);
  const found: string[] = [];
  for (let at = Date.parse(from); found.length < expected.length; found.push(new Date(at).toISOString().replace(".000", "")))
    at = times.next(at) ?? 0;
  expect(found).toEqual(expected);
});

test.each([
  [
    "in the second pass of a repeated hour, the last time is the latest of the first pass",
    "50 2 * * *",
    "Europe/Berlin",
    "2026-10-25T01:10:00Z",
    "2026-10-25T00:50:00Z",
  ],
  ["in its first pass, what is still to come is not", "50 2 * * *", "Europe/Berlin", "2026-10-25T00:10:00Z", "2026-10-24T00:50:00Z"],
  [
    "after a skipped hour, the last time is that of the day before",
    "30 2 * * *",
    "Europe/Berlin",
    "2026-03-29T01:10:00Z",
    "2026-03-28T01:30:00Z",
  ],
  ["at the very time, it is that", "0 3 * * *", "UTC", "2026-03-29T03:00:00Z", "2026-03-29T03:00:00Z"],
] as const)("%s: %s in %s", (_rule, cron, zone, at, expected) => {
  expect(dueTimes(cron, zone).last(Date.parse(at))).toBe(Date.parse(expected));
});
