import type { Backend } from "./launcher.ts";
import type { ActiveRun, RunRecord } from "./record.ts";
import type { LoadedTemplate, RunRequest, TemplatePath } from "./run.ts";
import type { RunEvent } from "./run-event.ts";
import type { Target } from "./target.ts";
import type { Write } from "./write.ts";

/** Whether a conditional write was applied, and the item as it is now (where there is one). */
export type WriteResult =
  | { readonly applied: true; readonly item: RunRecord }
  | { readonly applied: false; readonly item: RunRecord | undefined };

/** The run table. Every method throws `StateUnavailable` when the table cannot be reached. */
export interface RunStore {
  /** Strongly consistent. */
  read(key: string): Promise<RunRecord | undefined>;
  write(key: string, write: Write): Promise<WriteResult>;
  /** The runs whose next check is due, soonest first within each part of the index. */
  due(now: number): AsyncIterable<ActiveRun>;
}

/** Wakes runs: `{"run": id}` for each. */
export interface WakeQueue {
  wake(ids: readonly string[]): Promise<void>;
}

/** Where changes of runs are told to others. */
export interface EventBus {
  /** Resolves when the bus has taken them all; some may have been taken where it throws. */
  publish(events: readonly RunEvent[]): Promise<void>;
}

/** A message that was refused, as it is kept. */
export interface QuarantineEntry {
  readonly code: string;
  readonly issues: readonly { readonly path: string; readonly message: string }[];
  /** Where it came from: the queue's message id and the like. */
  readonly source: string;
  /** What a request without an id gets as its id, also when it is tried again. */
  readonly messageId?: string;
  /** The run it named, where that much could be read. */
  readonly runId?: string;
  /** Globs of the targets that its sender may use; absent: all. */
  readonly senderTargets?: readonly string[];
  /** The entry that it was tried again from, and goes back to. */
  readonly entry?: string;
  /** An entry for each message, by its id, and whole or not at all: others of the same text are one, as nothing came of any of them. */
  readonly own?: true;
  readonly body: string;
}

/** A kept message, without its text. Times are epoch milliseconds. */
export interface KeptMessage extends Omit<QuarantineEntry, "body" | "entry" | "own"> {
  readonly id: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** How often it came, and how often it was tried again in vain. */
  readonly seen: number;
  readonly redrives: number;
  /** Only its beginning could be kept. */
  readonly cut: boolean;
}

/** Where refused messages are kept, with their reason, until somebody looks at them. Methods throw `StateUnavailable`. */
export interface Quarantine {
  /** Keeps a message; the same body for the same reason again only counts and moves its last-seen time. */
  keep(entry: QuarantineEntry, now: number): Promise<void>;
  /** Throws `Refusal` PAYLOAD_MISSING where its text is no longer there. */
  read(id: string): Promise<(KeptMessage & { readonly body: string }) | undefined>;
  /** Removes an entry; where `seen` is given, only while it came no more often than that. */
  drop(id: string, seen?: number): Promise<void>;
}

/** What a run's item keeps of its request: the request itself, or where it was put because it is large. Never shown. */
export interface SealedRequests {
  /**
   * Comes before the write that keeps the result, and may be repeated: the same text under the same key makes the same. Throws
   * `Refusal` TOO_LARGE for what nothing can keep, and `StateUnavailable`.
   */
  seal(text: string, key: string): Promise<Uint8Array>;
  /** Throws `Refusal` where it is no longer there or no longer valid, and `StateUnavailable` where it can't be read just now. */
  open(sealed: Uint8Array, id: string): Promise<RunRequest>;
}

/** Reads templates from the places that the configuration allows. Throws `Refusal` for what can't succeed, `StateUnavailable` for what may. */
export interface TemplateReader {
  read(from: TemplatePath): Promise<LoadedTemplate>;
}

/** What is done now and then, by one of all dispatchers. */
export interface Turns {
  /** Whether it is ours to do: nobody has taken it since `now`, or until then. False for everybody else until `until`. */
  take(name: string, now: number, until: number): Promise<boolean>;
}

/** Time and chance, as arguments. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to, but not including, 1. */
  random(): number;
}

/** The effects of a target; one for each target, made on first use. */
export type Backends = (target: Target) => Promise<Backend>;
