/** Where a run stands: what it is doing or how it ended, what it waits for, and the next step. */
import { adviceFor, adviceOn } from "./advice.ts";
import type { RunError, RunRecord } from "./record.ts";
import { isTerminal } from "./run-state.ts";

/** What is said of where a run stands. Times in epoch milliseconds. */
export interface Standing {
  /** Whether it ran, and what keeps it from it or ended it: one sentence. */
  readonly summary: string;
  /** What blocks or ended it now: the first thing that has to change. */
  readonly reason?: { readonly code: string; readonly message: string; readonly path?: string };
  readonly waits?: { readonly for: string; readonly until?: number; readonly givesUpAt?: number };
  /** What to do, in order; `ID` in a command stands for the run's id. */
  readonly next: readonly string[];
}

export function standingOf(run: RunRecord, now: number): Standing {
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
    case "RUNNING":
      return onItsWay(run, run.state, reason);
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

/** A launched run: what is about to end it, what keeps it from being looked at or from starting, or nothing. */
function onItsWay(run: RunRecord, state: "LAUNCHED" | "RUNNING", reason: Pick<Standing, "reason">): Standing {
  const { target = "its target", error, stopping, held, ending, missingAt, nextCheckAt } = run;
  if (stopping !== undefined) {
    return {
      summary: `it passed a limit, and ${target} is asked to stop it: ${stopping.reason}`,
      reason: { code: stopping.class, message: stopping.reason },
      waits: { for: "its end", ...until(nextCheckAt) },
      next: [adviceOn(stopping)],
    };
  }
  const did = state === "RUNNING" ? `it runs on ${target}` : `it was launched on ${target}`;
  if (error !== undefined) {
    return {
      summary: `${did}, and can't be looked at: ${said(error)}`,
      ...reason,
      waits: { for: "a look at it", ...until(nextCheckAt) },
      next: steps(error, "by itself"),
    };
  }
  if (missingAt !== undefined) {
    return {
      summary: `${did}; ${target} did not know it when asked`,
      waits: { for: "a second look: services are slow to know what they have just launched", ...until(nextCheckAt) },
      next: [`Look on ${target} whether it is there.`],
    };
  }
  if (state === "RUNNING") {
    return {
      summary: ending === undefined ? did : `${did}, and will be ended soon: ${ending}`,
      waits: { for: "its end", ...until(nextCheckAt) },
      next: ["Nothing to do. `slipway show --follow ID` follows it, `slipway cancel ID` ends it."],
    };
  }
  if (held !== undefined) {
    return {
      summary: `${did}, and is kept from starting: ${held.reason}`,
      reason: { code: held.class, message: held.reason },
      waits: { for: "its start", ...until(nextCheckAt) },
      next: [adviceOn(held), "`slipway cancel ID` ends it."],
    };
  }
  return {
    summary: `${did}, and has not been seen running yet`,
    waits: { for: "its start", ...until(nextCheckAt) },
    next: ["Nothing to do. If it does not start, look at its place; `slipway cancel ID` ends it."],
  };
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
  return code === message ? code : `${code}, ${message}`;
}

/** What to do, and what then becomes of the run: one that is still on its way goes on by itself, one that has ended does not. */
function steps(error: RunError, goesOn?: "by itself"): readonly string[] {
  const { step, after } = adviceFor(error);
  if (goesOn !== undefined) return [step, "The run goes on by itself."];
  return [step, after === "send anew" ? "Then send it under a new id." : "Then `slipway reopen ID`."];
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
