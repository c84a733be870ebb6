/** A target that could not be asked or told, or what was found there that somebody has to look at. */
export interface Problem {
  readonly target: string;
  readonly message: string;
  /** Somebody has to look: it does not pass by itself. */
  readonly alarm?: true;
}

/** What a sweep did. */
export interface Swept {
  readonly woken: number;
  readonly inspected: number;
  /** Runs whose target is not configured, or did not answer: nothing was done about them. */
  readonly unanswered: number;
  /** Stops that were asked for, of runs and of strays. */
  readonly stopped: number;
  /** Ended attempts whose leftovers were removed. */
  readonly removed: number;
  readonly problems: readonly Problem[];
  /** Whether all that was due was reached before the time was over. */
  readonly complete: boolean;
}

/** Where a sweep's parts say what went wrong: with our own state, or with a target. */
export interface Complaints {
  /** Our own state could not be reached: the sweep fails, once it has done the rest. */
  failed(error: unknown): void;
  readonly problems: Problem[];
}

const MOST_PROBLEMS = 50;
const LONGEST_PROBLEM = 300;

/** Notes a problem, if there is room for it. */
export function complain({ problems }: Complaints, target: string, error: unknown, alarm = false): void {
  if (problems.length >= MOST_PROBLEMS) return;
  const message = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_PROBLEM);
  problems.push({ target, message, ...(alarm ? { alarm: true } : {}) });
}
