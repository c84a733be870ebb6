import type { RunFailure, RunOutcome } from "../../core/record.ts";
import type { Status } from "./state-files.ts";

/** What a command's end means for its run. */
export function outcomeOf(status: Status, logPath: string): RunOutcome {
  if (status.error !== undefined) return failed({ class: "start_failure", reason: status.error.message, ...startHint(status.error.code) });
  const code = status.exit_code ?? undefined;
  // Done is done, whoever was about to stop it.
  if (code === 0) return { state: "SUCCEEDED", exitCode: 0 };
  const exit = code === undefined ? {} : { exitCode: code };
  if (status.stopped !== undefined) return { state: "CANCELLED", ...exit };
  if (status.timed_out !== undefined) {
    return failed({
      class: "timeout",
      ...exit,
      reason: `it ran longer than its limit of ${status.timed_out} s`,
      hint: "Raise timeout_seconds in the request, and in the target where that is the smaller one.",
    });
  }
  if (status.interrupted) {
    return failed({
      class: "interrupted",
      ...exit,
      reason: "its wrapper got SIGTERM from outside",
      hint: "A shutdown of the machine or of the service that the dispatcher belongs to does that.",
    });
  }
  if (code === undefined) return failed(killedBy(status.signal ?? "a signal"));
  return failed({
    class: "app_error",
    exitCode: code,
    reason: `exited with code ${code}`,
    hint: `What it wrote is in ${logPath}.${CODE_HINTS[code] ?? ""}`,
  });
}

/** What shells mean by these, unless the program means something else. */
const CODE_HINTS: Readonly<Record<number, string>> = {
  126: " A shell says 126 when it may not execute a program.",
  127: " A shell says 127 when it does not find a program.",
  137: " A shell says 137 when its program was killed, which want of memory is one reason for.",
};

const FROM_OUTSIDE: readonly string[] = ["SIGHUP", "SIGINT", "SIGKILL", "SIGTERM"];

function killedBy(signal: string): RunFailure {
  return {
    class: FROM_OUTSIDE.includes(signal) ? "interrupted" : "app_error",
    reason: `killed by ${signal}`,
    ...(signal === "SIGKILL" ? { hint: "A person may have done so, or the kernel for want of memory: its log (`dmesg`) says." } : {}),
  };
}

function startHint(code: string): { readonly hint?: string } {
  const hint = START_HINTS[code];
  return hint === undefined ? {} : { hint };
}

const START_HINTS: Readonly<Record<string, string>> = {
  ENOENT:
    "Write the program's whole path, or set PATH in env. Of a script, look whether its first line names an interpreter that is there. Nothing goes through a shell.",
  EACCES: "Make the file executable for the dispatcher's user.",
  E2BIG: "Arguments and environment together are too long; hand large parameters over in a file.",
  ENOSPC: "Make room on the state folder's disk.",
  EAGAIN: "The machine is out of processes; look at `ulimit -u`.",
  ENOMEM: "The machine is out of memory; lower the target's max_parallel.",
};

function failed(failure: RunFailure): RunOutcome {
  return { state: "FAILED", failure };
}
