/** A run as the table first has it, whichever door it came through. */
import type { Issue } from "./errors.ts";
import { runKey, shardOf } from "./identity.ts";
import type { RunRequest } from "./run.ts";
import type { NewRun } from "./writes/parts.ts";

/** How many parts the index of active runs, and the index of recent ones for each day, have. */
export const ACTIVE_SHARDS = 16;
export const RECENT_SHARDS = 4;

/** When the sweep looks after a run that was taken in and not launched. */
export const ACCEPTED_MILLISECONDS = 60_000;

/** Largest sealed request that an item keeps, and how much of the names that lists show. */
export const LARGEST_SEALED = 200_000;
const LONGEST_SHOWN = 256;
const MOST_LABELS = 50;

/** What a new run is made of. */
export interface NewRequest {
  readonly request: RunRequest;
  readonly digest: string;
  readonly senderTargets?: readonly string[];
}

/** The first attributes of a run's item. */
export function newRun({ request, digest, senderTargets }: NewRequest, sealed: Uint8Array, now: number): NewRun {
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
  };
}

/** What the sender of a request is told that the table could not keep. */
export function tooLargeToKeep(bytes: number): Issue {
  return {
    path: "",
    message: `the request has ${bytes} bytes when compressed, and ${LARGEST_SEALED} can be kept; put what is large into storage, and its address into the request`,
  };
}
