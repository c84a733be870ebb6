import { clipped } from "./text.ts";

/** Every reason for which Slipway refuses a message, a run or a configuration. `docs/errors.md` explains each. */
export const REFUSAL_CODES = [
  "NOT_JSON",
  "NOT_YAML",
  "NOT_UTF8",
  "TOO_LARGE",
  "TOO_DEEP",
  "INVALID_MESSAGE",
  "INVALID_REQUEST",
  "INVALID_CONFIGURATION",
  "REQUEST_PATH_NOT_ALLOWED",
  "REQUEST_NOT_FOUND",
  "REQUEST_DENIED",
  "ID_REUSED",
  "NO_TARGET",
  "TARGET_UNKNOWN",
  "TARGET_NOT_ALLOWED",
  "TYPE_NOT_SUPPORTED",
  "COMMAND_MISSING",
  "IMAGE_MISSING",
  "STORAGE_NOT_SUPPORTED",
  "PAYLOAD_MISSING",
  "SECRET_NOT_FOUND",
  "SECRET_DENIED",
  "SECRET_UNREADABLE",
  "NOT_ALLOWED",
  "TEMPLATE_NOT_ALLOWED",
  "TEMPLATE_NOT_FOUND",
  "TEMPLATE_DENIED",
  "INVALID_TEMPLATE",
  "ENTRYPOINT_NOT_SUPPORTED",
  "OVERRIDES_TOO_LONG",
  "EXECUTION_ROLE_MISSING",
  "NETWORK_MISSING",
  "SIZE_NOT_OFFERED",
] as const;

/** One of `REFUSAL_CODES`. */
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** One thing wrong with a document: where, what, and the remedy. Never carries an env value or a secret. */
export interface Issue {
  /** Where, as `run_config.env.A` or `targets[0].labels`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** A refusal is kept with its run, whose item the table bounds: a sender must not be able to fill it with what is wrong. */
const MOST_ISSUES = 60;
const LONGEST_ISSUE = 2000;
const LONGEST_PATH = 300;
const LONGEST_MESSAGE = 10_000;

function bounded(issues: readonly Issue[]): readonly Issue[] {
  const told = issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => ({ path: clipped(path, LONGEST_PATH), message: clipped(message, LONGEST_ISSUE) }));
  const more = issues.length - told.length;
  return more > 0 ? [...told, { path: "", message: `and ${more} more` }] : told;
}

/** A named refusal: bad input, or a run that no target may or can take. Nothing was launched. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly issues: readonly Issue[];
  /** The run that the refused message was for, where that much of it could be read. */
  readonly runId?: string;

  constructor(code: RefusalCode, issues: readonly [Issue, ...Issue[]] | Issue, runId?: string) {
    const all = bounded(Array.isArray(issues) ? (issues as readonly Issue[]) : [issues as Issue]);
    super(clipped(all.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)).join("\n"), LONGEST_MESSAGE));
    this.code = code;
    this.issues = all;
    if (runId !== undefined) this.runId = runId;
  }

  /** Path of the first issue. */
  get path(): string {
    return this.issues[0]?.path ?? "";
  }
}

/** What comes of it, or why it is refused; anything else that it throws is thrown. */
export async function orRefusal<Value>(attempt: Promise<Value>): Promise<Value | Refusal> {
  try {
    return await attempt;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error;
  }
}

/** Thrown by the template reader when a place can't be read just now: the run waits, and the message is done with. */
export class TemplateUnavailable extends Error {
  override readonly name = "TemplateUnavailable";
}

/** Thrown by the reader of secrets when their keeper can't be asked just now: whatever needs the secret waits. */
export class SecretUnavailable extends Error {
  override readonly name = "SecretUnavailable";
}

/** Thrown by adapters when a service that holds our own state (table, queue) fails; the message is tried again. */
export class StateUnavailable extends Error {
  override readonly name = "StateUnavailable";
}
