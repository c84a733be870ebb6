import type { RefusalCode } from "./errors.ts";

/** What to do about each refusal, in the words of `docs/errors.md`. */
export const REMEDIES: Readonly<Record<RefusalCode, string>> = {
  NOT_JSON: "Mend the syntax. Requests are JSON; YAML is for configurations and templates.",
  NOT_YAML: "Mend the syntax. Merge keys (`<<`), keys that are there twice and tags are not read.",
  NOT_UTF8: "Save it as UTF-8, or look whether it is the right file.",
  TOO_LARGE: "Put what is large into storage, and its address into the run.",
  TOO_DEEP: "Make it flatter.",
  INVALID_MESSAGE: "Compare it with the forms that the message lists; `run_config` may be misspelled.",
  INVALID_REQUEST: "Each issue has its path, and the nearest known field.",
  INVALID_CONFIGURATION: "`slipway validate slipway.yml`, and mend each.",
  INVALID_TEMPLATE: "Mend the template at its place.",
  ID_REUSED: "Ids name one run for as long as it is remembered: send the new content under a new id.",
  REQUEST_PATH_NOT_ALLOWED: "Add the place to `requests.from`, or put the request where it may be read.",
  NO_TARGET: "`slipway targets --for FILE`; then change the run's labels or a target's.",
  TARGET_UNKNOWN: "Mend the name, or leave `target` out to be routed by type and labels.",
  TARGET_NOT_ALLOWED: "Give its token or webhook the target, or pin another.",
  TYPE_NOT_SUPPORTED: "Pin a target of the type, or leave `target` out.",
  LAUNCHER_MISSING: "Route the run to a target of another type, or update Slipway.",
  COMMAND_MISSING: "Set `command` in the request or in the target.",
  IMAGE_MISSING: "Set it in the flow's Docker storage, the run config, its template or the target.",
  STORAGE_NOT_SUPPORTED: "Route the run to a target that runs images.",
  ENTRYPOINT_NOT_SUPPORTED: "Leave out the entrypoint, or `task_definition_arn`.",
  OVERRIDES_TOO_LONG: "Put what is large into storage, and its address into the run.",
  EXECUTION_ROLE_MISSING: "Set `execution_role_arn` in the run config or the target, or in the task definition.",
  NETWORK_MISSING: "Set `run_task_kwargs.networkConfiguration` in the target.",
  SIZE_NOT_OFFERED: "Take one of the nearest pairs that the message names.",
  NOT_ALLOWED: "Leave it out of the run, or let the operator add it to the target's `allow`.",
  PAYLOAD_MISSING: "Send the run again under a new id. Look at the bucket's lifecycle rules: objects must outlive the records.",
  SECRET_NOT_FOUND:
    "Mend the reference, or make the secret. A secret is asked for in the account and region of the dispatcher; a Secrets Manager ARN, in its own region.",
  SECRET_DENIED: "Give the dispatcher's role or user the right that the message names.",
  SECRET_UNREADABLE:
    "Give it as `env:NAME`, `file:/path`, `secretsmanager:NAME_OR_ARN`, `ssm:/name` or `gcp:projects/P/secrets/S/versions/V`.",
  TEMPLATE_NOT_ALLOWED: "Add the place, or submit with `slipway submit`, which puts local files inline.",
  TEMPLATE_NOT_FOUND: "Mend the path; plain ones count from the template folder, and for `slipway submit` from the request's file.",
  TEMPLATE_DENIED: "Give the dispatcher's role or user the right to read it.",
};
