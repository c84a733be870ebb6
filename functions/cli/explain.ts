import { type Explanation, explainRun, UNKNOWN_RUN } from "../../shared/core/explain.ts";
import { runKey } from "../../shared/core/identity.ts";
import type { State } from "../composition/state.ts";
import { explanationFor } from "../explanation.ts";
import { viewOf } from "../run-view.ts";
import { connect } from "./connection.ts";
import { labelled } from "./describe.ts";
import { localTime } from "./format.ts";
import { runId } from "./ids.ts";
import { QUARANTINE_DAYS } from "./quarantine.ts";

/** `slipway explain ID`. */
export async function explain(id: string, options: { json?: boolean }): Promise<void> {
  const key = runKey(runId(id));
  const state = await connect();
  const run = await state.store.read(key);
  const said = run === undefined ? ((await explainRefused(state, id)) ?? UNKNOWN_RUN) : explainRun(run, Date.now());
  const explanation = explanationFor(id, said);
  if (run === undefined) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify({ id, state: run?.state ?? null, ...viewOf(explanation) }, undefined, 2));
  else console.log(describeExplanation(id, run?.state ?? "not known", explanation));
}

/** What is said of a run whose message was refused before there was a run. */
async function explainRefused({ quarantine }: State, id: string): Promise<Explanation | undefined> {
  const entry = (await quarantine.list(Date.now(), QUARANTINE_DAYS)).find(({ runId: named }) => named === id);
  if (entry === undefined) return undefined;
  const { code, issues } = entry;
  const message = issues.map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`)).join("; ");
  return {
    summary: `its message was refused, and is kept in quarantine: ${code}, ${message}`,
    reason: { code, message, ...(issues[0]?.path ? { path: issues[0].path } : {}) },
    tried: "never",
    next: [
      `\`slipway quarantine show ${entry.id}\` shows the message.`,
      `When the reason is put right: \`slipway quarantine redrive ${entry.id}\`.`,
    ],
  };
}

/** The explanation as lines, the answer first. */
function describeExplanation(id: string, state: string, { summary, reason, first, where, tried, waits, next }: Explanation): string {
  const time = (at: number | undefined) =>
    at === undefined
      ? ""
      : at < Date.now()
        ? `; the next look at it was due at ${localTime(at)}`
        : `; the next look at it comes at ${localTime(at)}`;
  const gives = waits?.givesUpAt === undefined ? "" : `; given up at ${localTime(waits.givesUpAt)}`;
  return labelled([
    ["run", id],
    ["state", `${state}: ${summary}`],
    ["reason", reason && `${reason.code}${reason.path === undefined ? "" : ` at ${reason.path}`}`],
    ["first blocked", first && `${first.code} at ${localTime(first.at)}${first.message === undefined ? "" : `: ${first.message}`}`],
    [
      "where",
      where &&
        [`${where.target}${where.launcher === undefined ? "" : ` (${where.launcher})`}`, where.handle ?? where.place]
          .filter(Boolean)
          .join(", "),
    ],
    ["tried", tried],
    ["waits for", waits && `${waits.for}${time(waits.until)}${gives}`],
    ...next.map((step, index): [string, string] => [index === 0 ? "next" : "", step]),
  ]);
}
