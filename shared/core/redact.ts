/** Services' texts repeat pieces of what they were sent, and of what a run wrote: no piece of a variable's value goes on from here. */
import { clipped } from "./text.ts";

const LONGEST = 500;
const LONGEST_SAID = 20_000;
/** Of a longer value, any piece of so many characters counts. */
const PIECE = 8;
/** A shorter value says nothing, and taking it out would leave no text. */
const SHORTEST = 3;

/** The text without pieces of the values, on one line and bounded: its beginning, and where it is long its end. */
export function redacted(said: string, values: readonly string[]): string {
  const text = said.slice(0, LONGEST_SAID);
  const hidden = new Array<boolean>(text.length).fill(false);
  const pieces = new Set(values.flatMap(piecesOf));
  for (let at = 0; at < text.length; at++) {
    if (pieces.has(text.slice(at, at + PIECE))) hidden.fill(true, at, at + PIECE);
  }
  for (const value of values.filter(({ length }) => length >= SHORTEST && length < PIECE)) {
    for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) hidden.fill(true, at, at + value.length);
  }
  let shown = "";
  for (let at = 0; at < text.length; at++) shown += hidden[at] ? (hidden[at - 1] ? "" : "[…]") : text[at];
  return shortened(shown.replaceAll(/\s+/g, " ").trim());
}

function piecesOf(value: string): string[] {
  return Array.from({ length: Math.max(0, value.length - PIECE + 1) }, (_, at) => value.slice(at, at + PIECE));
}

/** The sentence that says what happened comes first, the error of the run's own last. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text.toWellFormed();
  const [head, tail] = [text.slice(0, LONGEST / 2).toWellFormed(), text.slice(-LONGEST / 2).toWellFormed()];
  return clipped(`${head} … ${tail}`, LONGEST + 10);
}
