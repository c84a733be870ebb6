/** Why a run did or did not run, in a person's words. */
import { adviceFor, adviceOn } from "./advice.ts";
import type { RunError, RunRecord, TimelineEntry } from "./record.ts";
import { isTerminal } from "./run-state.ts";

/** What there is to say of a run. Times in epoch milliseconds. */
export interface Explanation {
  /** Whether it ran, and what keeps it from it or ended it: one sentence. */
  readonly summary: string;
  /** What blocks or ended it now: the first thing that has to change. */
  readonly reason?: { readonly code: string; readonly message: string; readonly path?: string };
  /** What blocked it first, where that was something else. */
  readonly first?: { readonly code: string; readonly at: number; readonly message?: string };
  readonly where?: { readonly target: string; readonly launcher?: string; readonly handle?: string; readonly place?: string };
  readonly tried: string;
  readonly waits?: { readonly for: string; readonly until?: number; readonly givesUpAt?: number };
  /** What to do, in order; `ID` in a command stands for the run's id. */
  readonly next: readonly string[];
}

/** Where the run stands: what `summary`, `waits` and `next` say. */
type Standing = Pick<Explanation, "summary" | "waits" | "next" | "reason">;

/** A record that a sweep should have looked at so long ago is looked at by nobody. */
const OVERDUE_MILLISECONDS = 10 * 60_000;

export function explainRun(run: RunRecord, now: number): Explanation {
  const standing = overdue(run, now) ?? standingOf(run, now);
  const first = firstReason(run);
  return {
    ...standing,
    ...(first === undefined || first.code === standing.reason?.code ? {} : { first }),
    ...(run.target === undefined ? {} : { where: whereOf(run, run.target) }),
    tried: triedOf(run),
  };
}

/** What is said of an id that the table does not hold. */
export const UNKNOWN_RUN: Explanation = {
  summary: "no run has this id",
  tried: "never",
  next: [
    "Look for the id in the list: `slipway runs`.",
    "If it was sent just now, its message may still be in the queue; if not, look into quarantine: a message that can't be read is kept there with its reason.",
  ],
};

function overdue(run: RunRecord, now: number): Standing | undefined {
  if (run.nextCheckAt === undefined || run.state === undefined || isTerminal(run.state)) return undefined;
  if (now - run.nextCheckAt < OVERDUE_MILLISECONDS) return undefined;
  const { summary, next, waits, reason } = standingOf(run, run.nextCheckAt);
  return {
    summary: `${summary}; and nobody has looked after it since it was due`,
    ...(reason === undefined ? {} : { reason }),
    waits: { for: waits?.for ?? "a sweep", until: run.nextCheckAt },
    next: ["Look whether the sweep runs: it should every minute (its function's errors, or whether `npm start` still runs).", ...next],
  };
}

function standingOf(run: RunRecord, now: number): Standing {
  const { target = "its target", error } = run;
  const reason = error === undefined ? {} : { reason: { code: error.code, message: error.message, ...pathOf(error) } };
  if (run.cancelRequestedAt !== undefined && !(run.state !== undefined && isTerminal(run.state))) return cancelling(run, now);
  switch (run.state) {
    case undefined:
      return cancelling(run, now);
    case "ACCEPTED":
      return {
        summary: "it was taken in and not launched yet",
        ...reason,
        waits: { for: "a dispatcher to take it up", ...until(run.nextCheckAt) },
        next: [
          "Nothing to do: a message or the sweep wakes it. If it stays so, look whether a dispatcher reads the queue (`slipway doctor`).",
        ],
      };
    case "WAITING": {
      const due = run.dueAt !== undefined && run.dueAt > now;
      const why = error === undefined ? "it waits to be launched" : `it was not launched: ${said(error)}`;
      return {
        summary: run.reopenedAt !== undefined && error === undefined ? "it was reopened, and waits to be launched" : why,
        ...reason,
        waits: { for: due ? "its next try" : "a dispatcher to take it up", ...until(run.dueAt), ...givesUp(run) },
        next: error === undefined ? ["Nothing to do: it is launched as soon as it is woken."] : steps(error, "by itself"),
      };
    }
    case "LAUNCHING":
      return launching(run, now, reason);
    case "LAUNCHED":
      return {
        summary: `it was launched on ${target}, and has not been seen running yet${run.missingAt === undefined ? "" : `; ${target} did not know it when asked`}`,
        waits: {
          for: run.missingAt === undefined ? "its start" : "a second look: services are slow to know what they have just launched",
          ...until(run.nextCheckAt),
        },
        next: ["Nothing to do. If it does not start, look at its place; `slipway cancel ID` ends it."],
      };
    case "RUNNING":
      return {
        summary: `it runs on ${target}`,
        waits: { for: "its end", ...until(run.nextCheckAt) },
        next: ["Nothing to do. `slipway show --follow ID` follows it, `slipway cancel ID` ends it."],
      };
    case "SUCCEEDED":
      return { summary: `it ran on ${target} and succeeded`, next: [] };
    case "FAILED": {
      const { failure } = run;
      return {
        summary: `it failed on ${target}: ${failure?.reason ?? "no reason was noted"}`,
        reason: { code: failure?.class ?? "FAILED", message: failure?.reason ?? "no reason was noted" },
        next: [...(failure === undefined ? [] : [adviceOn(failure)]), ...logOf(run), "To run it again, send it under a new id."],
      };
    }
    case "CANCELLED":
      return {
        summary:
          run.handle === undefined
            ? "it was cancelled before it was launched: nothing of it ever ran"
            : `it was cancelled, and stopped on ${target}`,
        reason: { code: "CANCELLED", message: "its cancel was requested" },
        next: ["To run it, send it under a new id."],
      };
    case "LOST":
      return {
        summary: `it is lost: ${error?.message ?? "its end was not seen"}`,
        ...reason,
        next: [
          `Look on ${target} whether anything of it runs; if it turns up there, its record goes on by itself.`,
          "When you have seen that nothing of it runs: `slipway reopen --lost ID` launches it again.",
        ],
      };
    case "REJECTED":
      return {
        summary: `it was not launched: ${error === undefined ? "it was refused" : said(error)}`,
        ...reason,
        next: error === undefined ? [] : steps(error),
      };
    case "EXPIRED":
      return {
        summary: `it was not launched in time: ${error?.message ?? "its not_after has passed"}`,
        ...reason,
        next: steps(error ?? { code: "EXPIRED", message: "" }),
      };
    default: {
      const unhandled: never = run.state;
      return unhandled;
    }
  }
}

function launching(run: RunRecord, now: number, reason: Pick<Standing, "reason">): Standing {
  const { target = "its target", error, owner, leaseUntil } = run;
  if (error?.code === "CRASHES_DISPATCHER")
    return { summary: said(error), ...reason, waits: { for: "its next try", ...until(run.nextCheckAt) }, next: steps(error, "by itself") };
  if (owner !== undefined) {
    const alive = leaseUntil !== undefined && leaseUntil >= now;
    return {
      summary: alive
        ? `it is being launched on ${target} right now`
        : `the dispatcher that launched it on ${target} ended without a word, so it is not known whether it was launched`,
      ...reason,
      waits: { for: alive ? "the answer" : "a dispatcher that settles it", ...until(leaseUntil) },
      next: ["Nothing to do: the same attempt is settled, and no other is made meanwhile."],
    };
  }
  return {
    summary: `it is not known whether it was launched on ${target}: ${error === undefined ? "a call stayed unanswered" : said(error)}`,
    ...reason,
    waits: { for: "the same attempt to be tried again, under the same key", ...until(run.dueAt) },
    next: error === undefined ? ["Nothing to do: the attempt is settled, and no other is made meanwhile."] : steps(error, "by itself"),
  };
}

function cancelling(run: RunRecord, now: number): Standing {
  const { target = "its target" } = run;
  const reason = { code: "CANCELLED", message: "its cancel was requested" };
  switch (run.state) {
    case "LAUNCHED":
    case "RUNNING":
      return {
        summary: `its cancel was requested: ${target} is asked to stop it, until its end is seen`,
        reason,
        waits: { for: "its end", ...until(run.nextCheckAt) },
        next: [`If it goes on, look at it on ${target}.`],
      };
    case "LAUNCHING": {
      const stays = run.error === undefined ? "" : ` (${said(run.error)})`;
      return {
        summary: `its cancel was requested while it was being launched${stays}: it is settled whether it was, and then stopped`,
        reason,
        waits: { for: "the attempt to be settled", ...until(run.owner === undefined ? run.nextCheckAt : run.leaseUntil) },
        next: run.error === undefined ? ["Nothing to do."] : steps(run.error, "by itself"),
      };
    }
    case "ACCEPTED":
    case "WAITING":
      return {
        summary: "its cancel was requested, and it will not be launched",
        reason,
        waits: { for: "a dispatcher that writes its end down", ...until(Math.max(run.nextCheckAt ?? now, now)) },
        next: ["Nothing to do."],
      };
    default:
      return {
        summary: "only its cancel has come: its request will not be launched when it comes",
        reason,
        next: ["To run it all the same, send it under a new id."],
      };
  }
}

/** The code says which rule, the message what of this run. */
function said({ code, message }: RunError): string {
  return `${code}, ${message}`;
}

/** What to do, and what then becomes of the run: one that is still on its way goes on by itself, one that has ended does not. */
function steps(error: RunError, goesOn?: "by itself"): readonly string[] {
  const { step, after } = adviceFor(error);
  if (goesOn !== undefined) return [step, "The run goes on by itself."];
  return [step, after === "send anew" ? "Then send it under a new id." : "Then `slipway reopen ID`."];
}

/** What first kept it from running, since it was last reopened. */
function firstReason({ timeline = [] }: RunRecord): Explanation["first"] {
  const begin = timeline.findLastIndex(({ event }) => event === "reopened") + 1;
  const entry = timeline.slice(begin).find((candidate): candidate is TimelineEntry & { code: string } => candidate.code !== undefined);
  return entry && { code: entry.code, at: entry.at, ...(entry.message === undefined ? {} : { message: entry.message }) };
}

function whereOf({ launcher, handle, place }: RunRecord, target: string): NonNullable<Explanation["where"]> {
  return {
    target,
    ...(launcher === undefined ? {} : { launcher }),
    ...(place === undefined ? {} : { place }),
    ...(handle === undefined ? {} : { handle }),
  };
}

function triedOf({ attempt, timeline = [], relaunches = 0 }: RunRecord): string {
  const times = (count: number, what: string) => (count === 0 ? [] : [`${what} ${count === 1 ? "once" : `${count} times`}`]);
  const happened = (event: string) => timeline.filter((entry) => entry.event === event).length;
  const attempts = attempt === 0 ? "never" : attempt === 1 ? "one attempt" : `${attempt} attempts`;
  return [
    attempts,
    ...times(happened("waiting"), "put off"),
    ...times(happened("outcome unknown"), "left unanswered"),
    ...times(relaunches, "launched again because it never started"),
    ...times(happened("reopened"), "reopened"),
  ].join(", ");
}

function logOf({ links = {} }: RunRecord): readonly string[] {
  const [name, link] = Object.entries(links)[0] ?? [];
  return link === undefined ? [] : [`Its ${name}: ${link}`];
}

function until(time: number | undefined): { readonly until?: number } {
  return time === undefined ? {} : { until: time };
}

function givesUp({ giveUpAt }: RunRecord): { readonly givesUpAt?: number } {
  return giveUpAt === undefined ? {} : { givesUpAt: giveUpAt };
}

function pathOf({ path }: RunError): { readonly path?: string } {
  return path === undefined ? {} : { path };
}
