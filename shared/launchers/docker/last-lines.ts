/** The last lines that a container wrote: kept with a run that failed, since the container goes. */
const MOST_LINES = 20;
const LONGEST_LINE = 400;
const MOST_CHARACTERS = 4000;

/** How many lines the daemon is asked for. */
export const LINES = MOST_LINES;

/** The lines of an answer: in frames of eight bytes' header each, or plain where the container had a terminal. Bounded, the last ones. */
export function lastLines(answer: Buffer): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what steers a terminal is not to be shown on one.
  const steering = /\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g;
  const lines = textOf(answer)
    .split("\n")
    .map((line) => line.replace(steering, "").trimEnd())
    .filter((line) => line !== "")
    .slice(-MOST_LINES)
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line).toWellFormed());
  while (lines.join("\n").length > MOST_CHARACTERS) lines.shift();
  return lines;
}

function textOf(answer: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at < answer.length; ) {
    const length = answer.length - at >= 8 ? answer.readUInt32BE(at + 4) : 0;
    const isFrame = answer.length - at >= 8 && (answer[at] ?? 9) <= 2 && answer.readUIntBE(at + 1, 3) === 0;
    if (!isFrame) return answer.toString("utf8");
    parts.push(answer.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString("utf8");
}
