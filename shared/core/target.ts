import type { Environment } from "./run.ts";

/** What an operator lets run requests reach on a target: `"*"`, or lists of globs by kind. */
export type Allow = "*" | Readonly<Record<string, readonly string[] | boolean>>;

/** A place to run, set up by the operator. `settings` holds what only its launcher understands. */
export interface Target<Settings = unknown> {
  readonly name: string;
  /** The launcher's type. */
  readonly type: string;
  readonly labels: readonly string[];
  readonly env: Environment;
  readonly enforcedEnv: Environment;
  /** Variable name → reference that the service itself resolves. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  readonly startTimeoutSeconds: number;
  /** Names of further targets, tried when this one lacks capacity. */
  readonly fallback: readonly string[];
  /** How often a run that never started may be launched again. */
  readonly relaunch: number;
  readonly allow?: Allow;
  readonly settings: Settings;
}

/** Durations of the protocol, in seconds; the embedded stack shortens them. */
export interface Timing {
  /** Time that one dispatch invocation has. */
  readonly deadlineSeconds: number;
  /** A lease ends so long after its invocation's deadline. */
  readonly leaseSlackSeconds: number;
  readonly sweepSeconds: number;
  readonly visibilitySeconds: number;
  /** Factor on every wait between attempts. */
  readonly waitScale: number;
}

/** The part of the configuration document that the rules need. */
export interface Configuration {
  /** Part of every name that we give. */
  readonly deployment: string;
  readonly targets: readonly Target[];
  readonly retentionDays: number;
  readonly timing: Timing;
  /** Where templates may be read from: folders, and `s3://` or `gs://` prefixes. */
  readonly templates?: { readonly from: readonly string[] };
  /** Name of the run table. */
  readonly table?: string;
  /** URL of the queue. */
  readonly queue?: string;
}
