import { isRunId } from "../../shared/schema/run-request.ts";
import { CommandFailure } from "./failure.ts";

/** The id of a command line, if it can be one. */
export function runId(text: string): string {
  if (!isRunId(text)) throw new CommandFailure("that can't be a run's id: one is 1 to 200 printable ASCII characters", 2);
  return text;
}
