/** Names and labels that the service takes, whatever a run or its flow is called. */
import { createHash } from "node:crypto";
import type { PlannedRun } from "../../core/run.ts";

/** The service takes 128 characters for a display name. */
const LONGEST_NAME = 128;
/** What Google Cloud takes for a label's key or value; the service's own documentation says 64. */
export const LONGEST_LABEL = 63;
const HASH_LENGTH = 12;

/** What a person sees in the console: the flow's and the run's name, not unique. */
export function displayName({ request, key, attempt }: PlannedRun): string {
  const names = [request.flow?.name, request.name].map((name) => slug(name ?? "")).filter((name) => name !== "");
  return atWord(names.join("-"), LONGEST_NAME) || `slipway-${key}-${attempt}`;
}

/** Letters and digits of any script, in lower case; all else becomes one hyphen. */
function slug(name: string): string {
  return name
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, "-")
    .replaceAll(/^-+|-+$/g, "");
}

/** Cut where a word ends, if there is such a place in the second half. */
function atWord(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest);
  const end = text[longest] === "-" ? longest : cut.lastIndexOf("-");
  return (end > longest / 2 ? cut.slice(0, end) : cut).toWellFormed().replaceAll(/[-\uFFFD]+$/g, "");
}

// Letters of other scripts are allowed as well, within limits in bytes that no two pages agree on.
const VALUE = /^[a-z0-9_-]{0,63}$/;
const KEY = /^[a-z][a-z0-9_-]{0,62}$/;

/** Whether the service takes a text as the key of a label. */
export function isLabelKey(text: string): boolean {
  return KEY.test(text);
}

/** A text as the value of a label. One that does not fit is made to, with a hash of the whole behind it, so that different texts stay different. */
export function labelValue(text: string): string {
  if (VALUE.test(text)) return text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
  const fitting = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "_")
    .slice(0, LONGEST_LABEL - HASH_LENGTH - 1);
  return `${fitting}-${hash}`;
}
