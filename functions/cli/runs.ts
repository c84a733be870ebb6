import { setTimeout as pause } from "node:timers/promises";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { RunSummary } from "../../shared/core/record.ts";
import { RUN_STATES, type RunState } from "../../shared/core/run-state.ts";
import { didYouMean } from "../../shared/core/suggest.ts";
import { runView } from "../run-view.ts";
import { connect } from "./connection.ts";
import { exampleFile } from "./example.ts";
import { CommandFailure } from "./failure.ts";
import { localTime, oneLine, runDuration, table } from "./format.ts";

/** How often a list that is watched is looked at. */
const WATCH_MILLISECONDS = 2000;
/** To the upper left corner, and all below it away. */
const CLEAR = "\x1b[H\x1b[J";

/** What the list is of. */
interface RunsOptions {
  readonly state?: string;
  readonly target?: string;
  readonly label?: string;
  readonly limit: number;
  readonly days: number;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** `slipway runs`. */
export async function runs(options: RunsOptions): Promise<void> {
  const state = options.state?.toUpperCase();
  if (state !== undefined && !RUN_STATES.includes(state as RunState)) {
    throw new CommandFailure(`no state is named ${state}${didYouMean(state, RUN_STATES)}; the states are ${RUN_STATES.join(", ")}`, 2);
  }
  const { recent } = await connect();
  const look = () =>
    recent({
      days: options.days,
      limit: options.limit,
      where: (run) =>
        (state === undefined || run.state === state) &&
        (options.target === undefined || run.target === options.target) &&
        (options.label === undefined || run.labels?.includes(options.label) === true),
    });
  if (options.watch) {
    await watch(look, options.json === true);
    return;
  }
  const found = await look();
  if (options.json) console.log(JSON.stringify(found.map(runView), undefined, 2));
  else console.log(found.length === 0 ? oneLine(nothingOf(state, options)) : listOf(found));
}

/** What an empty list says: a filter that nothing passes is no lack of runs. */
function nothingOf(state: string | undefined, { target, label, days }: RunsOptions): string {
  const within = `in the last ${days === 1 ? "day" : `${days} days`}`;
  const filters = [
    ...(state === undefined ? [] : [`in the state ${state}`]),
    ...(target === undefined ? [] : [`on the target ${target}`]),
    ...(label === undefined ? [] : [`with the label ${label}`]),
  ];
  if (filters.length === 0) return `no runs ${within}: try \`npx slipway submit ${exampleFile()} --wait\``;
  return `no runs ${filters.join(" ")} ${within} (--days looks further back)`;
}

function listOf(found: readonly RunSummary[]): string {
  const rows = found.map((run) => [
    run.state ?? "",
    run.id,
    run.name ?? run.flowName ?? "",
    run.target ?? "",
    localTime(run.createdAt),
    runDuration(run, Date.now()),
    run.exitCode === undefined ? "" : String(run.exitCode),
  ]);
  return table(["STATE", "ID", "NAME", "TARGET", "CREATED", "DURATION", "EXIT"], rows);
}

/** A terminal is shown the list anew, a pipe each run when it has changed; programs get a line of JSON for it. Ctrl-C ends it. */
async function watch(look: () => Promise<readonly RunSummary[]>, json: boolean): Promise<void> {
  const told = new Map<string, string>();
  process.once("SIGINT", () => process.exit(0));
  for (let isFirst = true; ; isFirst = false) {
    const found = await look().catch((error: unknown) => {
      // Whoever watches wants to see it come back.
      if (!(error instanceof StateUnavailable)) throw error;
      process.stderr.write(`${localTime(Date.now())}  the run table can't be reached; still trying\n`);
    });
    if (process.stdout.isTTY && !json) {
      const list = found === undefined ? "" : found.length === 0 ? "no runs" : listOf(found);
      if (found !== undefined) process.stdout.write(`${CLEAR}${list}\n\n${localTime(Date.now())}, every 2 s; Ctrl-C ends it\n`);
    } else {
      for (const run of (found ?? []).toReversed()) {
        const line = `${run.state} ${run.attempt} ${run.target ?? ""}`;
        if (told.get(run.key) === line) continue;
        told.set(run.key, line);
        console.log(json ? JSON.stringify(runView(run)) : changeOf(run, isFirst ? changedAt(run) : Date.now()));
      }
    }
    await pause(WATCH_MILLISECONDS);
  }
}

/** When a run came to be as the list has it. */
function changedAt({ endedAt, startedAt, launchedAt, createdAt }: RunSummary): number {
  return endedAt ?? startedAt ?? launchedAt ?? createdAt;
}

function changeOf(run: RunSummary, at: number): string {
  const where = run.target === undefined ? "" : ` on ${run.target}`;
  const exit = run.exitCode === undefined ? "" : `, exit code ${run.exitCode}`;
  return oneLine(`${localTime(at)}  ${run.state ?? ""}  ${run.id}${where}${exit}`);
}
