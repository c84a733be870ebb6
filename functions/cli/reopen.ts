import { runKey } from "../../shared/core/identity.ts";
import type { RunRecord, RunSummary } from "../../shared/core/record.ts";
import { reopen as reopenWrite } from "../../shared/core/writes/operate.ts";
import type { State } from "../composition/state.ts";
import { shellWord } from "../shell-word.ts";
import { connect } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { oneLine } from "./format.ts";
import { runId } from "./ids.ts";

const DAY = 86_400_000;
/** A run may have waited for days before it was refused: the list of runs is by when they came. */
const WAITED_DAYS = 7;
/** More at once is a mistake, or wants to be done in several steps. */
const MOST = 1000;

/** What came of one run. */
interface Reopened {
  readonly id: string;
  readonly outcome: "reopened" | "not reopened";
  readonly reason?: string;
}

/** What the command was told. */
interface ReopenOptions {
  readonly lost?: boolean;
  readonly code?: string;
  /** Milliseconds. */
  readonly since?: number;
  readonly json?: boolean;
}

/** `slipway reopen`: one run by its id, or all that were refused for a reason. */
export async function reopen(id: string | undefined, options: ReopenOptions): Promise<void> {
  if ((id === undefined) === (options.code === undefined)) {
    throw new CommandFailure("reopen: name either a run's id, or a reason with --code and --since", 2);
  }
  if (options.code !== undefined && (options.lost || options.since === undefined)) {
    throw new CommandFailure(
      options.lost
        ? "reopen: a lost run is reopened by its id only: somebody has to look at each that nothing of it runs"
        : "reopen: --code needs --since, as in --since 1h",
      2,
    );
  }
  const only = id === undefined ? undefined : runId(id);
  const state = await connect();
  const { code, since } = options;
  const results =
    only !== undefined
      ? [await reopened(state, only, options.lost === true)]
      : await Promise.all((await refusedFor(state, code ?? "", since ?? 0)).map((run) => reopened(state, run.id, false)));
  if (results.some(({ outcome }) => outcome === "not reopened")) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  else if (results.length === 0) console.log(`no run was refused for ${oneLine(code ?? "")} in that time`);
  else
    for (const { id: each, reason } of results)
      console.log(oneLine(`${each}: ${reason ?? "reopened; it is launched again as a new attempt"}`));
}

async function reopened(state: State, id: string, lost: boolean): Promise<Reopened> {
  const run = await state.store.read(runKey(id));
  const why = run === undefined ? "no run has this id (`slipway runs` lists them)" : whyNot(run, lost);
  if (run === undefined || why !== undefined) return { id, outcome: "not reopened", reason: `not reopened: ${why}` };
  const { applied } = await state.store.write(run.key, reopenWrite(run, Date.now()));
  if (!applied) return { id, outcome: "not reopened", reason: "not reopened: it changed at the same time; look at it again" };
  const woken = await state.send(JSON.stringify({ run: id })).catch(() => undefined);
  return woken === undefined
    ? { id, outcome: "reopened", reason: "reopened; the queue can't be reached, so the next sweep wakes it" }
    : { id, outcome: "reopened" };
}

/** Why a run can't be reopened; undefined where it can. */
function whyNot(run: RunRecord, lost: boolean): string | undefined {
  switch (run.state) {
    case "REJECTED":
    case "EXPIRED":
      return undefined;
    case "LOST": {
      const where = run.target === undefined ? "" : ` on ${run.target}`;
      const what = run.handle === undefined ? "" : ` (${run.handle})`;
      return lost
        ? undefined
        : `it is LOST: it may have run, or run still. Look${where}${what} that nothing of it runs, then \`slipway reopen --lost ${shellWord(run.id)}\``;
    }
    case "CANCELLED":
    case "SUCCEEDED":
    case "FAILED":
      return `it is ${run.state}, and an end like this stays; send its request under a new id to run it again`;
    case undefined:
      return "only its cancel has come; send the request under a new id";
    default:
      return `it is ${run.state} and goes on by itself`;
  }
}

/** The runs that were refused with this code, or for a reason of this class, since then. */
async function refusedFor(state: State, code: string, since: number): Promise<readonly RunSummary[]> {
  const from = Date.now() - since;
  const where = (run: RunSummary) => (run.state === "REJECTED" || run.state === "EXPIRED") && (run.endedAt ?? 0) >= from;
  const days = Math.ceil(since / DAY) + WAITED_DAYS;
  const found = await state.recent({ days, limit: MOST + 1, where });
  if (found.length > MOST)
    throw new CommandFailure(`reopen: over ${MOST} runs were refused in that time; take a shorter one, again and again`);
  const wanted = code.toLowerCase();
  const records = await Promise.all(found.map(({ key }) => state.store.read(key)));
  return found.filter((_, index) => {
    const error = records[index]?.error;
    return error?.code.toLowerCase() === wanted || error?.class === wanted;
  });
}
