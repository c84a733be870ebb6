/** What a person can do about each reason for which a run does not run, or did not succeed. */
import type { RefusalCode } from "./errors.ts";
import type { FailureClass } from "./failure.ts";
import type { RunError, RunFailure, RunFailureClass } from "./record.ts";

/** A step, and what a run that has ended needs after it: to be reopened, or to be sent anew, because its request itself is wrong. */
interface Advice {
  readonly step: string;
  readonly after: "reopen" | "send anew";
}

/** Reasons that a record has besides refusals. */
type RecordCode =
  | "EXPIRED"
  | "TEMPLATE_UNAVAILABLE"
  | "GAVE_UP"
  | "NO_TIME"
  | "NOT_SEEN"
  | "NEVER_STARTED"
  | "NOT_CONNECTED"
  | "TARGET_GONE"
  | "PLACE_CHANGED"
  | "UNSETTLED"
  | "CANCELLED"
  | "CRASHES_DISPATCHER"
  | "LOST";

const REFUSED: Readonly<Record<RefusalCode, Advice>> = {
  NOT_JSON: anew("Mend the JSON; the message has line and column."),
  NOT_YAML: anew("Mend the YAML; the message has line and column."),
  NOT_UTF8: anew("Save the document as UTF-8."),
  TOO_LARGE: anew("Put what is large into storage, and its address into the run."),
  TOO_DEEP: anew("Nest lists and objects less deeply."),
  INVALID_MESSAGE: anew("Compare the message with the forms that the error lists."),
  INVALID_REQUEST: anew("Mend the field that the message names (`slipway validate` says all that is wrong)."),
  INVALID_CONFIGURATION: reopen("Mend the configuration, or what it names, at the path that the message says."),
  REQUEST_NOT_FOUND: anew("Put the request where `request_path` points, or mend the path."),
  REQUEST_DENIED: anew("Give the dispatcher the right to read the request's place."),
  REQUEST_PATH_NOT_ALLOWED: anew("Put the request where `requests.from` allows, or add its place there."),
  ID_REUSED: anew("Take an id that no other run has."),
  NO_TARGET: reopen(
    "Configure a target that runs this type and has these labels, or change a target's (`slipway targets --for FILE` says what each answers).",
  ),
  TARGET_UNKNOWN: reopen("Configure a target of this name, or send the run with another `target`."),
  TARGET_NOT_ALLOWED: anew("Let its sender use the target (`targets` of its token or webhook), or pin another."),
  TYPE_NOT_SUPPORTED: anew("Pin a target of the run config's type, or leave `target` out."),
  COMMAND_MISSING: reopen("Set `command` in the target, or send the run with one."),
  IMAGE_MISSING: reopen("Set `image` in the target, or send the run with one."),
  STORAGE_NOT_SUPPORTED: anew("Send the run to a target that runs images."),
  ENTRYPOINT_NOT_SUPPORTED: anew("Leave out the entrypoint, or `task_definition_arn`."),
  OVERRIDES_TOO_LONG: anew("Put what is large into storage, and its address into the run."),
  EXECUTION_ROLE_MISSING: reopen("Set `execution_role_arn` in the target, or in the run config."),
  NETWORK_MISSING: reopen("Set `run_task_kwargs.networkConfiguration` in the target."),
  SIZE_NOT_OFFERED: anew("Take one of the sizes that the message names."),
  NOT_ALLOWED: reopen("Let the operator add it to the target's `allow`, or leave it out of the run."),
  PAYLOAD_MISSING: anew("Look at the lifecycle rules of the `payloads` bucket: objects must outlive the records."),
  SECRET_NOT_FOUND: reopen("Make the secret, or mend its reference."),
  SECRET_DENIED: reopen("Give the dispatcher the right to read the secret (`slipway iam` prints what it needs)."),
  SECRET_UNREADABLE: reopen("Look whether what the reference names is there, and may be read."),
  TEMPLATE_NOT_ALLOWED: reopen("Add the template's place to `templates.from`."),
  TEMPLATE_NOT_FOUND: reopen("Put the template where its path points, or mend the path."),
  TEMPLATE_DENIED: reopen("Give the dispatcher the right to read the template."),
  INVALID_TEMPLATE: reopen("Mend the template at its place."),
};

const RECORDED: Readonly<Record<RecordCode, Advice>> = {
  EXPIRED: reopen("Nothing was started. If it should run all the same, its `not_after` does not hold when it is reopened."),
  TEMPLATE_UNAVAILABLE: reopen("Look after the place that the template is read from, if this lasts."),
  GAVE_UP: reopen("Put right what it waited for."),
  NO_TIME: reopen("Nothing to do: it is taken up again."),
  NOT_SEEN: reopen("Nothing to do: it is looked for, and tried again as the same attempt where it is not found."),
  NEVER_STARTED: reopen("Look at the reason, if it comes again: its own container never started."),
  NOT_CONNECTED: reopen("Look at the target's credentials and address (`slipway doctor`)."),
  TARGET_GONE: reopen("Bring its target back into the configuration: the attempt is settled there and nowhere else."),
  PLACE_CHANGED: reopen("Make the target mean its old place again, and give the new one another name."),
  UNSETTLED: reopen("Nothing to do: it is looked for, and stopped where it is found."),
  CANCELLED: anew("It was cancelled before anything was started."),
  CRASHES_DISPATCHER: reopen("Look into the dispatcher's log for want of memory or a crash."),
  LOST: reopen("Look at its place whether anything of it runs."),
};

const BY_CLASS: Readonly<Record<FailureClass, Advice>> = {
  invalid: anew("Mend what the message names."),
  denied: reopen("Give the dispatcher the right that the message names (`slipway iam` prints what it needs)."),
  not_found: reopen("Make what the message names, or name another."),
  capacity: reopen("Nothing to do: it is tried again. More room, or a `fallback` target, makes it start sooner."),
  throttled: reopen("Nothing to do: the service is busy, and it is tried again."),
  unavailable: reopen(
    "Nothing to do at first: it is tried again. If it lasts, look whether the service can be reached (`slipway doctor`).",
  ),
  conflict: reopen("Look what else uses the name that the message says."),
  already_done: reopen("Nothing to do."),
  unknown: reopen("Look at the message: no failure like it is known here."),
};

const FAILED: Readonly<Record<RunFailureClass, string>> = {
  app_error: "Look into its log: the command itself ended so.",
  out_of_memory: "Give it more memory, or let it use less.",
  image_pull: "Look whether the image is there under this name, and whether the execution role or the pull secret may read it.",
  start_failure: "Look at the reason: its container never started.",
  interrupted: "The machine was taken away while it ran. Send it again; on capacity that can't be taken back it is not interrupted.",
  timeout: "Raise `timeout_seconds` of the request or the target, or make it do less.",
  stopped: "Somebody stopped it at its target, not by Slipway.",
};

function anew(step: string): Advice {
  return { step, after: "send anew" };
}

function reopen(step: string): Advice {
  return { step, after: "reopen" };
}

/** What to do about an error on a record. The hint of whoever met it knows more than its class does. */
export function adviceFor({ code, class: failureClass, hint }: Pick<RunError, "code" | "class" | "hint">): Advice {
  const known = ownAdvice(code);
  if (known !== undefined) return hint === undefined ? known : { ...known, step: hint };
  const general = BY_CLASS[failureClass ?? "unknown"];
  return hint === undefined ? general : { ...general, step: hint };
}

/** Advice on a code of our own; undefined for a service's or launcher's code. */
export function ownAdvice(code: string): Advice | undefined {
  const all: Readonly<Record<string, Advice>> = { ...REFUSED, ...RECORDED };
  return Object.hasOwn(all, code) ? all[code] : undefined;
}

/** What to do about a run that ran and failed. */
export function adviceOn(failure: Pick<RunFailure, "class" | "hint">): string {
  return failure.hint ?? FAILED[failure.class];
}
