import type { RunFailure, RunOutcome } from "../../core/record.ts";
import type { Container } from "./documents.ts";

/** Why we asked a container to stop. */
export type StopKind = "cancel" | "timeout";

/** What a container's end means for its run. `lines` are the last that it wrote. */
export function outcomeOf({ State }: Container, stopped: StopKind | undefined, lines: readonly string[]): RunOutcome {
  const { ExitCode: exitCode } = State;
  // Done is done, whoever was about to stop it.
  if (exitCode === 0) return { state: "SUCCEEDED", exitCode: 0 };
  if (stopped === "cancel") return { state: "CANCELLED", exitCode };
  const failure = stopped === "timeout" ? TIMEOUT : State.OOMKilled === true ? OUT_OF_MEMORY : ownError(exitCode);
  return { state: "FAILED", failure: { ...failure, exitCode, ...(lines.length === 0 ? {} : { lastLines: lines }) } };
}

const TIMEOUT: RunFailure = {
  class: "timeout",
  reason: "it ran longer than its time limit",
  hint: "Raise timeout_seconds in the request, and in the target where that is the smaller one.",
};

const OUT_OF_MEMORY: RunFailure = {
  class: "out_of_memory",
  reason: "the kernel ended a process of the container for want of memory",
  hint: "Give the run more memory (host_config.mem_limit), or the host.",
};

function ownError(exitCode: number): RunFailure {
  const hint = HINTS[exitCode];
  return { class: "app_error", reason: `exited with code ${exitCode}`, ...(hint === undefined ? {} : { hint }) };
}

/** What these mean, unless the program means something else. */
const HINTS: Readonly<Record<number, string>> = {
  126: "A shell says 126 when it may not execute a program.",
  127: "A shell says 127 when it does not find a program.",
  137: "137 is what a SIGKILL leaves: somebody killed it, the daemon was stopped, or a process in it ran out of memory.",
  139: "139 is what a SIGSEGV leaves: the program reached into memory that is not its own.",
  143: "143 is what a SIGTERM leaves: somebody stopped it, or the daemon was stopped.",
};
