/** What must hold of a world of real containers at its end, by what their commands have written down. */

import { requestDigest } from "../../shared/core/identity.ts";
import type { RunRecord } from "../../shared/core/record.ts";
import { isEndless } from "../harness/endless.ts";
import type { SentDocument } from "../harness/judge.ts";
import { type CrashWorld, STOPPED } from "./crash-world.ts";

/** A document that was sent, and the word that tells its content from another under its id. */
export interface Sent {
  readonly id: string;
  readonly content: string;
  readonly document: SentDocument;
}

/** What is wrong with a world that is over: runs that are lost, ran twice, or ended as no container of theirs did; and what is left. */
export async function wrongWithWorld(world: CrashWorld, sent: readonly Sent[]): Promise<readonly string[]> {
  const lines = (await world.lines()).map((line) => line.split(" "));
  const wrong = [...new Set(sent.map(({ id }) => id))].flatMap((id) => {
    const item = world.item(id);
    const told = lines.filter(([, of]) => of === id).map(([what = "", , attempt = "", word = ""]) => ({ what, attempt, word }));
    const found = item === undefined ? ["it is lost"] : wrongWithRun(item, told, sent);
    const { state, attempt, error, failure, timeline } = item ?? {};
    return found.map((text) => `${id}: ${text} ${JSON.stringify({ state, attempt, error, failure, told, timeline })}`);
  });
  const left = await world.left();
  return left.length === 0 ? wrong : [...wrong, `left: ${left.join(", ")}`];
}

/** A line that a command has written. */
interface Told {
  readonly what: string;
  readonly attempt: string;
  readonly word: string;
}

function wrongWithRun(item: RunRecord, told: readonly Told[], sent: readonly Sent[]): string[] {
  const wrong: string[] = [];
  const began = told.filter(({ what }) => what === "began");
  const end = told.find(({ what }) => what === "end")?.word;
  if (began.length > 1) wrong.push(`it ran ${began.length} times`);
  if (began.some(({ attempt }) => attempt !== String(item.attempt))) wrong.push("an attempt ran that is not the record's");
  for (const { word } of began) {
    const content = sent.find(({ id, content: of }) => id === item.id && of === word);
    if (content === undefined || requestDigest(content.document) !== item.digest) wrong.push("another content ran than the record's");
  }
  if (isEndless(item.state)) return [...wrong, `it is endless: ${item.state}`];
  switch (item.state) {
    case "SUCCEEDED":
      if (end !== "0") wrong.push("it has not succeeded");
      break;
    case "FAILED":
      if (end === undefined || end === "0" || end === STOPPED || String(item.exitCode) !== end) wrong.push("it has not failed so");
      break;
    case "CANCELLED":
      if (item.cancelRequestedAt === undefined) wrong.push("nobody cancelled it");
      if (end === "0") wrong.push("it had succeeded");
      break;
    case "REJECTED":
    case "EXPIRED":
      wrong.push(`it is ${item.state}, and nothing was wrong with it`);
      break;
    case "LOST":
      wrong.push("it is LOST, although the daemon was there all the time");
      break;
    default: {
      const unhandled: never = item.state;
      return unhandled;
    }
  }
  return wrong;
}
