import { readFileSync } from "node:fs";

/** Whose attempt a marker stands for. */
export interface MarkerIdentity {
  readonly deployment: string;
  readonly id: string;
  readonly key: string;
  readonly attempt: number;
  readonly planDigest: string;
  readonly target: string;
}

/** What a wrapper is told on its standard input, as one JSON document. */
export interface WrapperSpec {
  /** The attempt's own folder, absolute. */
  readonly folder: string;
  readonly identity: MarkerIdentity;
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** All of the command's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /** Epoch milliseconds. A later wrapper must not take the marker: its absence has been taken as proof by then. */
  readonly landBy: number;
}

/** Reads standard input to its end; undefined where the dispatcher died before it had written all. */
export function readSpec(): WrapperSpec | undefined {
  try {
    const spec: unknown = JSON.parse(readFileSync(0, "utf8"));
    return isSpec(spec) ? spec : undefined;
  } catch {
    return undefined;
  }
}

/** The sender is our own backend of the same version: this tells a whole document from something else, no more. */
function isSpec(value: unknown): value is WrapperSpec {
  return typeof value === "object" && value !== null && "folder" in value && "identity" in value && "command" in value && "landBy" in value;
}
