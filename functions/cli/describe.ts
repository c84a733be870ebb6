import { open } from "node:fs/promises";
import type { RunRecord } from "../../shared/core/record.ts";
import { duration, localTime, printable, runDuration } from "./format.ts";
import { remedyFor } from "./refusal.ts";

/** One line on where a run stands. */
export function describeState(run: RunRecord): string {
  const where = run.target === undefined ? "" : ` on ${run.target}`;
  const attempt = run.attempt > 1 ? ` (attempt ${run.attempt})` : "";
  const why = run.error === undefined ? "" : `: ${run.error.code}, ${printable(run.error.message)}`;
  return `${run.state ?? "unknown"}${where}${attempt}${run.state === "RUNNING" || run.state === "LAUNCHED" ? "" : why}`;
}

/** How a run ended, beyond what the line on its state has said, and where to look further; `tail`: with the last lines of a failed run's log. */
export async function describeEnd(run: RunRecord, { tail }: { tail: boolean }): Promise<string> {
  const took = runDuration(run, Date.now());
  const lines: [string, string | undefined][] = [
    ["state", run.state],
    ["exit code", run.exitCode === undefined ? undefined : String(run.exitCode)],
    [
      "reason",
      run.failure?.reason ??
        (run.state === "CANCELLED" && run.handle === undefined ? "it was cancelled before it was launched" : undefined),
    ],
    // A hint that names the log says no more than the log's own line.
    ["hint", Object.values(run.links ?? {}).some((link) => hintOf(run)?.includes(link)) ? undefined : hintOf(run)],
    ["duration", took === "" ? undefined : took],
    ...Object.entries(run.links ?? {}),
  ];
  const shown = labelled(lines);
  const log = run.state === "SUCCEEDED" || !tail ? undefined : run.links?.["log"];
  const lastWords = log === undefined ? "" : await lastLines(log, 5);
  return lastWords === "" ? shown : `${shown}\nlast lines of the log:\n${lastWords}`;
}

/** What to do, where its reason does not say it: the word of whoever met the reason, else what is known of its code. */
function hintOf({ failure, error }: RunRecord): string | undefined {
  return failure?.hint ?? error?.hint ?? (error && remedyFor(error.code));
}

/** All that is known of a run, for a person. */
export function describeRun(run: RunRecord): string {
  const times: [string, number | undefined][] = [
    ["created", run.createdAt],
    ["launched", run.launchedAt],
    ["started", run.startedAt],
    ["ended", run.endedAt],
    ["due", run.dueAt],
    ["cancel requested", run.cancelRequestedAt],
  ];
  const head = labelled([
    ["id", run.id],
    ["name", run.name],
    ["flow", run.flowName],
    ["type", run.type],
    ["labels", run.labels === undefined || run.labels.length === 0 ? undefined : run.labels.join(", ")],
    ["state", run.state ?? "not seen yet (only its cancel)"],
    ["target", run.target],
    ["attempt", String(run.attempt)],
    ["exit code", run.exitCode === undefined ? undefined : String(run.exitCode)],
    ["reason", run.failure?.reason ?? (run.error && `${run.error.code}: ${run.error.message}`)],
    ["hint", hintOf(run)],
    ["duration", runDuration(run, Date.now()) || undefined],
    ["handle", run.handle],
    ...Object.entries(run.links ?? {}),
    ...times.map(([name, at]): [string, string | undefined] => [name, at === undefined ? undefined : localTime(at)]),
  ]);
  const first = run.timeline?.[0]?.at ?? 0;
  const history = (run.timeline ?? []).map((entry) => {
    const facts = [entry.target && `on ${entry.target}`, entry.attempt && `attempt ${entry.attempt}`, entry.code, entry.message]
      .filter(Boolean)
      .join(", ");
    return `  ${localTime(entry.at)}  +${duration(entry.at - first)}  ${entry.event}${facts === "" ? "" : ` (${printable(facts)})`}`;
  });
  return history.length === 0 ? head : `${head}\nhistory:\n${history.join("\n")}`;
}

/** Values after their labels, in a column; what is absent is left out, and a line without a label goes on with the one before. */
export function labelled(lines: readonly (readonly [string, string | undefined])[]): string {
  const shown = lines.filter((line): line is [string, string] => line[1] !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length)) + 1;
  return shown.map(([label, text]) => `${(label === "" ? "" : `${label}:`).padEnd(width)} ${printable(text)}`).join("\n");
}

/** The last lines of a log on this machine; empty where there is none. */
async function lastLines(path: string, count: number): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 4096);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString("utf8").trimEnd().split("\n").slice(-count);
    return lines
      .filter((line) => line !== "")
      .map((line) => `  ${printable(line)}`)
      .join("\n");
  } finally {
    await file.close();
  }
}
