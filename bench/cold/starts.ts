/** Cold starts, each in a process of its own: a function's import, and its first message. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What there was until then, from the beginning of the import. Milliseconds. */
export interface Took {
  readonly wall: number;
  readonly cpu: number;
  /** Resident memory. */
  readonly megabytes: number;
}

/** One cold start. */
export interface Start {
  readonly imported: Took;
  readonly handled: Took;
}

/** Where cold starts happen: a folder for their events, their environment, and the ARN of what they launch. */
export interface Surroundings {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly definition: string;
}

/** Starts a built function with a message of its own: number `round`. */
export async function coldStart({ folder, env, definition }: Surroundings, file: string, round: number): Promise<Start> {
  const id = `${file.split("/").at(-1)}-${round}`;
  const event = join(folder, "event.json");
  await writeFile(event, JSON.stringify({ Records: [messageOf(id, definition)] }));
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, "start.mjs"), file, event], { env });
  // The function's own log is there as well, and must say so: a refusal would be quicker.
  if (!stdout.includes('"outcome":"launched"')) throw new Error(`${file} launched nothing:\n${stdout}`);
  return JSON.parse(stdout.split("\n").find((line) => line.startsWith('{"imported"')) ?? "");
}

/** A quarter of the starts took less. */
export function lowerQuartile(starts: readonly Start[], figure: (start: Start) => number): number {
  const sorted = starts.map(figure).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 4)] ?? Number.NaN;
}

function messageOf(id: string, definition: string) {
  return {
    messageId: `message-${id}`,
    receiptHandle: "receipt",
    body: JSON.stringify({ id, command: ["python", "-m", "jobs.etl"], run_config: { type: "ECSRun", task_definition_arn: definition } }),
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: String(Date.now()) },
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:slipway",
    awsRegion: "us-east-1",
  };
}
