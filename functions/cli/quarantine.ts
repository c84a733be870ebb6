import { Refusal } from "../../shared/core/errors.ts";
import type { KeptMessage } from "../../shared/core/ports.ts";
import { readJson } from "../../shared/schema/json-document.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import { redriveMessage } from "../../shared/schema/redrive.ts";
import type { State } from "../composition/state.ts";
import { connect } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { localTime, oneLine, printable, table } from "./format.ts";
import { hidden } from "./hidden.ts";

/** As long as an entry is kept after its last coming. */
export const QUARANTINE_DAYS = 30;

/** `slipway quarantine list`: what was refused, and why. */
export async function list(options: { code?: string; json?: boolean }): Promise<void> {
  const entries = (await (await connect()).quarantine.list(Date.now(), QUARANTINE_DAYS)).filter(withCode(options.code));
  if (options.json) {
    console.log(JSON.stringify(entries.map(view), undefined, 2));
    return;
  }
  if (entries.length === 0) {
    console.log("nothing is in quarantine");
    return;
  }
  const rows = entries.map((entry) => [
    entry.id,
    entry.code,
    why(entry),
    entry.runId ?? "",
    localTime(entry.lastSeenAt),
    String(entry.seen),
  ]);
  console.log(table(["ID", "CODE", "WHY", "RUN", "LAST SEEN", "TIMES"], rows));
}

/** `slipway quarantine show ID`: one refused message; the values of its text only with `--reveal`. */
export async function show(id: string, options: { reveal?: boolean; json?: boolean }): Promise<void> {
  const { body, ...entry } = await found(await connect(), id);
  const text = options.reveal === true ? body : undefined;
  if (options.json) {
    const shape = shapeOf(body);
    console.log(JSON.stringify({ ...view(entry), ...(text === undefined ? { shape } : { body: text }) }, undefined, 2));
    return;
  }
  const lines = [
    `id:          ${entry.id}`,
    `code:        ${entry.code}`,
    ...entry.issues.map(({ path, message }) => `why:         ${path === "" ? message : `${path}: ${message}`}`),
    `source:      ${entry.source}`,
    ...(entry.runId ? [`run:         ${entry.runId}`] : []),
    ...(entry.senderTargets === undefined ? [] : [`may use:     ${entry.senderTargets.join(", ")}`]),
    `first seen:  ${localTime(entry.createdAt)}`,
    `last seen:   ${localTime(entry.lastSeenAt)}`,
    `times:       ${entry.seen}${entry.redrives > 0 ? `, and ${entry.redrives} redriven in vain` : ""}`,
    ...(entry.cut ? ["             only its beginning could be kept"] : []),
  ].map(oneLine);
  const shape = shapeOf(body);
  const shown = text ?? (shape === undefined ? `(${Buffer.byteLength(body)} bytes that are no JSON)` : JSON.stringify(shape, undefined, 2));
  console.log(`${lines.join("\n")}\n${text === undefined ? "values are hidden (--reveal shows them):\n" : ""}${printable(shown)}`);
}

/** `slipway quarantine redrive`: checks each message anew, and has the dispatcher try those that are right now. */
export async function redrive(ids: readonly string[], options: { all?: boolean; code?: string; json?: boolean }): Promise<void> {
  const state = await connect();
  const isOne = [ids.length > 0, options.all === true, options.code !== undefined].filter(Boolean).length === 1;
  if (!isOne) throw new CommandFailure("quarantine redrive: name entries by their ids, or --code CODE, or --all", 2);
  const chosen =
    ids.length > 0 ? ids : (await state.quarantine.list(Date.now(), QUARANTINE_DAYS)).filter(withCode(options.code)).map(({ id }) => id);
  const results = [];
  for (const id of chosen) results.push(await redriveOne(state, id));
  if (results.some(({ redriven }) => !redriven)) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  else if (results.length === 0) console.log("nothing is in quarantine");
  else
    for (const { id, redriven, reason } of results) console.log(oneLine(redriven ? `${id}: redriven` : `${id}: still refused: ${reason}`));
}

/** `slipway quarantine drop ID`: an entry is forgotten. */
export async function drop(ids: readonly string[], options: { json?: boolean }): Promise<void> {
  const { quarantine } = await connect();
  for (const id of ids) await found({ quarantine }, id);
  for (const id of ids) await quarantine.drop(id);
  console.log(options.json ? JSON.stringify({ dropped: ids }) : `dropped: ${ids.join(", ")}`);
}

/** The dispatcher checks again, as it does with any message: this one only spares it what is still wrong. */
async function redriveOne(state: State, id: string): Promise<{ id: string; redriven: boolean; code?: string; reason?: string }> {
  const { body, source, messageId, senderTargets, cut } = await found(state, id);
  try {
    if (cut) throw new Refusal("TOO_LARGE", { path: "", message: "only its beginning could be kept: send it again" });
    decodeMessage(body, { messageId: messageId ?? id });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, issues, message } = error;
    const rights = senderTargets === undefined ? {} : { senderTargets };
    await state.quarantine.keep({ code, issues, source, body, entry: id, ...rights }, Date.now());
    return { id, redriven: false, code, reason: `${code}: ${message.replaceAll("\n", "; ")}` };
  }
  await state.send(redriveMessage(id));
  return { id, redriven: true };
}

async function found({ quarantine }: Pick<State, "quarantine">, id: string) {
  const entry = /^[0-9a-f]{26}$/.test(id) ? await quarantine.read(id) : undefined;
  if (entry === undefined)
    throw new CommandFailure(`nothing in quarantine has the id "${oneLine(id)}" (\`slipway quarantine list\` shows what is)`);
  return entry;
}

function withCode(code: string | undefined): (entry: KeptMessage) => boolean {
  return (entry) => code === undefined || entry.code === code.toUpperCase();
}

function why({ issues: [first] }: KeptMessage): string {
  const text = first === undefined ? "" : first.path === "" ? first.message : `${first.path}: ${first.message}`;
  return text.length > LONGEST_WHY ? `${text.slice(0, LONGEST_WHY)}…` : text;
}

const LONGEST_WHY = 80;

/** The message without its values; undefined where it is no JSON. */
function shapeOf(body: string) {
  try {
    return hidden(readJson(body));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function view({ id, code, issues, source, runId, senderTargets, createdAt, lastSeenAt, seen, redrives, cut }: KeptMessage) {
  return {
    id,
    code,
    issues,
    source,
    run_id: runId ?? null,
    targets: senderTargets ?? null,
    first_seen: new Date(createdAt).toISOString(),
    last_seen: new Date(lastSeenAt).toISOString(),
    count: seen,
    redrives,
    cut,
  };
}
