/** The clock on the wall of a time zone. A time that it shows is written as epoch milliseconds of the same time in UTC. */
export interface WallClock {
  /** What it shows at an instant. */
  shownAt(instant: number): number;
  /** The first instant at which it shows a time; undefined where it never does. */
  firstAt(shown: number): number | undefined;
}

const HOUR = 3_600_000;

/** Around a time, what is added to UTC on either side of the change that may be near. */
const LOOKS = [-36 * HOUR, -12 * HOUR, -3 * HOUR, 0, 3 * HOUR, 12 * HOUR, 36 * HOUR];

const clocks = new Map<string, WallClock>();

/** The clock of a zone with an IANA name. */
export function wallClock(timezone: string): WallClock {
  const known = clocks.get(timezone) ?? make(timezone);
  clocks.set(timezone, known);
  return known;
}

function make(timezone: string): WallClock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const shownAt = (instant: number) => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) + (instant % 1000);
  };
  return {
    shownAt,
    firstAt(shown) {
      const offsets = new Set(LOOKS.map((look) => shownAt(shown + look) - (shown + look)));
      const instants = [...offsets].map((offset) => shown - offset).filter((instant) => shownAt(instant) === shown);
      return instants.length === 0 ? undefined : Math.min(...instants);
    },
  };
}
