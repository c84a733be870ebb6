/** What a seed draws for a history of any launcher: chance, and which calls go wrong until the chaos is over. */
import { seededRandom } from "../support/random.ts";
import type { CallFate, Departure } from "./life.ts";
import { START } from "./virtual-time.ts";

export const MINUTE = 60_000;
/** Faults happen until then. */
export const CHAOS = 12 * MINUTE;
/** What has not come to its end by then is endless. */
export const LONGEST = 30 * 60 * MINUTE;

/** Chance, from a seed. */
export interface Draws {
  chance(probability: number): boolean;
  /** A whole number from 0 up to, but not including, `most`. */
  upTo(most: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
}

/** A seed's draws, and the faults that it makes of them. */
export interface Chaos extends Draws {
  /** Whether faults still happen. */
  reigns(): boolean;
  /** Tells the time that the world has. */
  follow(time: { now(): number }): void;
  readonly trouble: number;
  fateOf(departure: Departure): CallFate;
  /** Milliseconds that a call takes; now and then up to `longest`. */
  latency(longest: number): number;
  /** How often calls of the service met each fate, by `<call> <fate>`. */
  readonly fates: ReadonlyMap<string, number>;
}

/** Calls that start something go wrong so much more often than others, up to every second one: a history has a few of them only. */
const MORE = 4;

/** What chaos a seed is to bring. */
export interface Trouble {
  /** How the names of the service's calls begin. */
  readonly service: string;
  /** The calls that start something. */
  readonly starts: readonly string[];
  /** The share of calls that may go wrong. */
  readonly most?: number;
}

/** The chaos of a seed. */
export function chaosOf(seed: number, { service, starts, most = 0.15 }: Trouble): Chaos {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  const upTo = (below: number) => Math.floor(random() * below);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];
  let now = () => START;
  const reigns = () => now() < START + CHAOS;
  const fates = new Map<string, number>();
  const trouble = pick([0, most / 5, most / 2, most]);

  function troubleOf(call: string): number {
    // A sweep asks sixteen times: it would never come through.
    if (call.endsWith(":Query")) return trouble / 8;
    return starts.includes(call) ? Math.min(0.5, trouble * MORE) : trouble;
  }

  function drawnFate(call: string): CallFate {
    if (!reigns() || !chance(troubleOf(call))) return "answered";
    return pick(["stopped before", "stopped after", "stopped after", "lost", "answer lost", "answer cut", "late", "throttled"]);
  }

  return {
    chance,
    upTo,
    pick,
    reigns,
    follow(time) {
      now = time.now;
    },
    trouble,
    fateOf({ call }) {
      const fate = drawnFate(call);
      if (call.startsWith(service)) fates.set(`${call} ${fate}`, (fates.get(`${call} ${fate}`) ?? 0) + 1);
      return fate;
    },
    latency: (longest) => (reigns() && chance(trouble / 20) ? upTo(longest) : upTo(chance(0.1) ? 400 : 30)),
    fates,
  };
}
