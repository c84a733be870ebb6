import type { JsonObject } from "./json.ts";
import type { Environment } from "./run.ts";

/** What an operator lets run requests reach on a target: `"*"`, or lists of globs by kind. */
export type Allow = "*" | Readonly<Record<string, readonly string[] | boolean>>;

/** Where runs may go, as the operator configured it. `settings` holds what only its launcher understands. */
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
  /** Set by the operator: counts from the launch, whatever the service lets wait. */
  readonly startTimeoutSeconds?: number;
  /** Names of further targets, tried when this one lacks capacity. */
  readonly fallback: readonly string[];
  /** How long a run that is refused for a passing reason is tried again. */
  readonly giveUpSeconds?: number;
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

/** A run that is asked for again and again. */
export interface Schedule {
  readonly name: string;
  /** Five fields, with the names of months and weekdays where they are given so. */
  readonly cron: string;
  /** IANA name of the time zone in which `cron` counts. */
  readonly timezone: string;
  /** Whether it fires; what a paused one does not fire is not made up for. */
  readonly enabled: boolean;
  /** Each run is asked for up to so many seconds after its due time. */
  readonly jitterSeconds?: number;
  /** The run request as the document has it, without an id; valid. */
  readonly request: JsonObject;
}

/** What the bearer of a token may do. */
export type HttpRight = "submit" | "read" | "cancel";

/** A bearer token of the HTTP interface. */
export interface HttpToken {
  readonly name: string;
  /** Reference to the token. */
  readonly secret: string;
  readonly may: readonly HttpRight[];
  /** Globs of the targets that its runs may use. */
  readonly targets: readonly string[];
}

/** A sender of signed requests. */
export interface HttpWebhook {
  readonly name: string;
  /** References to the signing secrets: any of them may have signed, so that they can be rotated. */
  readonly secrets: readonly string[];
  /** Globs of the targets that its runs may use. */
  readonly targets: readonly string[];
}

/** Who may use the HTTP interface. */
export interface Http {
  readonly tokens: readonly HttpToken[];
  readonly webhooks: readonly HttpWebhook[];
}

/** The configuration document, parsed. */
export interface Configuration {
  /** Part of every name that we give. */
  readonly deployment: string;
  readonly targets: readonly Target[];
  readonly retentionDays: number;
  readonly timing: Timing;
  readonly schedules?: readonly Schedule[];
  /** Folders, and `s3://` and `gs://` prefixes, from which templates may be read. */
  readonly templates?: { readonly from: readonly string[] };
  readonly http?: Http;
  /** `s3://` and `gs://` prefixes from which requests too large for the queue may be read. */
  readonly requests?: { readonly from: readonly string[] };
  /** `s3://` or `gs://` prefix for what does not fit an item of the table. */
  readonly payloads?: string;
  /** Name or ARN of the event bus that state changes are published to. */
  readonly notify?: string;
  /** Name of the run table. */
  readonly table?: string;
  /** SQS URL, or Pub/Sub topic. */
  readonly queue?: string;
}
