import { classify, type Failure, type FailureRow } from "../../core/failure.ts";

/** What can go wrong before a local process runs. Codes like `ENOSPC` are the operating system's own. */
export const localFailures: readonly FailureRow[] = [
  row(
    "NOT_A_FUNCTION_PLACE",
    "invalid",
    "Lambda and Cloud Functions stop a process with its invocation. Take local targets out of this configuration, or run the dispatcher with `npm start`.",
  ),
  row("STATE_FOLDER_MISSING", "invalid", "Give the dispatcher a state folder that outlives it: local runs are remembered there."),
  row("PLATFORM_NOT_SUPPORTED", "invalid", "Windows has no process groups and no SIGTERM to end a run with. Run the dispatcher in WSL."),
  row("WRAPPER_MISSING", "invalid", "The installation is incomplete: wrapper.js belongs beside the local launcher's backend."),
  row(
    "WORKING_DIR_MISSING",
    "not_found",
    "Make the folder, or name another as working_dir in the run config or the target. A relative one counts from the dispatcher's folder.",
  ),
  row("NOT_A_DIRECTORY", "not_found", "Name a folder as working_dir in the run config or the target."),
  row("WORKING_DIR_DENIED", "denied", "Let the dispatcher's user enter the folder, or name another as working_dir."),
  row(
    "NAME_TAKEN",
    "conflict",
    "Two deployments share this state folder, or somebody copied it. Give each deployment a state folder of its own.",
  ),
  row("MAX_PARALLEL", "capacity", "The run is taken up as soon as another ends. Raise the target's max_parallel to run more at once."),
  row("DEADLINE", "unavailable", "The invocation's time was over before the process could be started."),
  row("LATE", "unavailable", "The machine is too busy to start a process in time."),
  row(
    "WRAPPER_GONE",
    "unknown",
    "Somebody or the kernel ended the process that starts the command. Look for want of memory in the kernel's log.",
  ),
  row("WRAPPER_SILENT", "unknown", "The machine is slow to start a process. The attempt is looked for and submitted again."),
  row(
    "MARKER_UNREADABLE",
    "unknown",
    "Look at marker.json in the run's folder: it should be readable JSON. While it is there the attempt is never started again.",
  ),
  row(["EACCES", "EPERM", "EROFS"], "denied", "Let the dispatcher's user write the state folder, on a file system with hard links."),
  row(["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EXDEV", "EMLINK"], "invalid", "Put the state folder on a file system with hard links."),
  row(
    ["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"],
    "unavailable",
    "The machine is out of files, processes or memory. Look at `ulimit -a`, or lower the target's max_parallel.",
  ),
  row(["ENOSPC", "EDQUOT"], "unavailable", "Make room on the state folder's disk."),
  row(["EIO", "ESTALE", "EBUSY", "EINTR", "ETIMEDOUT"], "unavailable", "The state folder's disk does not answer well."),
  row("ENOENT", "unavailable", "The state folder or Node itself was moved away while the dispatcher ran. Start the dispatcher again."),
  row(["E2BIG", "ENAMETOOLONG"], "invalid", "Shorten the command's arguments, its environment or the state folder's path."),
  row(["EEXIST", "ENOTDIR", "ELOOP"], "invalid", "Something in the state folder, or on the way to it, is a file where a folder belongs."),
];

/** A failure of the local launcher, understood. `message` carries no env value. */
export function localFailure(code: string, message: string): Failure {
  return classify(localFailures, { service: "local", code, message });
}

function row(code: string | readonly string[], failureClass: FailureRow["class"], hint: string): FailureRow {
  return { service: "local", code, class: failureClass, hint };
}
