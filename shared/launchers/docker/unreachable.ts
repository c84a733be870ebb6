/** How far a way to the daemon got. */
export type Step = "resolve" | "connect" | "host key" | "authentication" | "forwarding" | "docker";

/** Thrown where no connection to the daemon came about: nothing was sent to it. `message` is a sentence of ours. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly step: Step;
  /** The row of the failure table. */
  readonly code: string;

  constructor(step: Step, code: string, message: string) {
    super(message);
    this.step = step;
    this.code = code;
  }
}

/** The operating system's code of an error: `ECONNREFUSED`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
