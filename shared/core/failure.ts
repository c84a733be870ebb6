/** What a failure means for the launch; the only thing that decides retries. */
export type FailureClass =
  | "invalid"
  | "denied"
  | "not_found"
  | "capacity"
  | "throttled"
  | "unavailable"
  | "conflict"
  | "already_done"
  | "unknown";

/** A failure as a service told it, before it is understood. */
export interface ServiceError {
  readonly service: string;
  readonly code?: string;
  readonly status?: number;
  readonly message: string;
}

/** One row of a launcher's failure table. What is absent matches anything; rows are tried in order. */
export interface FailureRow {
  readonly service?: string;
  readonly code?: string | readonly string[];
  readonly status?: number | readonly number[];
  readonly message?: RegExp;
  readonly class: FailureClass;
  /** What a person can do about it. */
  readonly hint?: string;
}

/** An understood failure. `message` never carries an env value or a secret. */
export interface Failure {
  readonly class: FailureClass;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** The service's own word on when to come back. */
  readonly retryAfterSeconds?: number;
  /** The launcher itself has the run woken as soon as there is room for it: no backoff, and no giving up. */
  readonly wokenByLauncher?: true;
  /** False where no row of the table knew it: counted, so that the table can grow. */
  readonly recognised: boolean;
}

/** Thrown by launchers where a failure is understood already. */
export class UnderstoodFailure extends Error {
  override readonly name: string = "UnderstoodFailure";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Looks an error up in a launcher's table; without a row it is `unknown`. */
export function classify(rows: readonly FailureRow[], error: ServiceError): Failure {
  const row = rows.find((candidate) => matches(candidate, error));
  return {
    class: row?.class ?? "unknown",
    code: error.code ?? (error.status === undefined ? "ERROR" : `HTTP_${error.status}`),
    message: error.message,
    ...(row?.hint === undefined ? {} : { hint: row.hint }),
    recognised: row !== undefined,
  };
}

function matches(row: FailureRow, error: ServiceError): boolean {
  return (
    (row.service === undefined || row.service === error.service) &&
    isOneOf(row.code, error.code) &&
    isOneOf(row.status, error.status) &&
    (row.message === undefined || row.message.test(error.message))
  );
}

function isOneOf<Value>(wanted: Value | readonly Value[] | undefined, value: Value | undefined): boolean {
  if (wanted === undefined) return true;
  return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
}

/** Whether a refusal of this class may pass by itself, so that the run waits instead of being rejected. */
export function isPassing(failureClass: FailureClass): boolean {
  switch (failureClass) {
    case "capacity":
    case "throttled":
    case "unavailable":
      return true;
    case "invalid":
    case "denied":
    case "not_found":
    case "conflict":
    case "already_done":
    case "unknown":
      return false;
    default: {
      const unhandled: never = failureClass;
      return unhandled;
    }
  }
}
