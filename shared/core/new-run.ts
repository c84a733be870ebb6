/** A run as the table first has it, whichever door it came through. */
import { runKey, shardOf } from "./identity.ts";
import type { Planning } from "./prepare.ts";
import type { RunRequest } from "./run.ts";
import type { NewRun } from "./writes/parts.ts";

/** How many parts the index of active runs, and the index of recent ones for each day, have. */
export const ACTIVE_SHARDS = 16;
export const RECENT_SHARDS = 4;

const ACCEPTED_MILLISECONDS = 60_000;

/** How much of the names that lists show is kept. */
const LONGEST_SHOWN = 256;
const MOST_LABELS = 50;

/** What a new run is made of. */
export interface NewRequest {
  readonly request: RunRequest;
  readonly digest: string;
  readonly senderTargets?: readonly string[];
  /** The object that it was read from. */
  readonly requestFrom?: NonNullable<NewRun["requestFrom"]>;
}

/** The first attributes of a run's item. */
export function newRun({ request, digest, senderTargets, requestFrom }: NewRequest, sealed: Uint8Array, now: number): NewRun {
  const key = runKey(request.id);
  const shown = (text: string) => text.slice(0, LONGEST_SHOWN);
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
  return {
    id: request.id,
    attempt: 0,
    digest,
    request: sealed,
    labels: request.runConfig.labels.slice(0, MOST_LABELS).map(shown),
    type: request.runConfig.type,
    createdAt: now,
    activeShard: `a#${shardOf(key, ACTIVE_SHARDS)}`,
    recentShard: `${day}#${shardOf(key, RECENT_SHARDS)}`,
    ...(request.name === undefined ? {} : { name: shown(request.name) }),
    ...(request.flow?.name === undefined ? {} : { flowName: shown(request.flow.name) }),
    ...(senderTargets === undefined ? {} : { senderTargets }),
    ...(requestFrom === undefined ? {} : { requestFrom }),
  };
}

/** When the sweep looks after a run that was taken in now and not launched. */
export function acceptedCheckAt({ configuration }: Pick<Planning, "configuration">, now: number): number {
  return now + ACCEPTED_MILLISECONDS * configuration.timing.waitScale;
}
