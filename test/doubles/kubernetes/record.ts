/** A Job as the double keeps it; how it stands is worked out from the time. */
import type { JsonObject } from "../../../shared/core/json.ts";
import { type PodLife, type Times, timesOf } from "./life.ts";

/** Ended by a test's word. */
export interface Told {
  readonly at: number;
  readonly exitCode: number;
}

export interface JobRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The Job as it was sent, with the defaults filled in. */
  readonly job: JsonObject;
  readonly life: PodLife;
  readonly createdAt: number;
  /** Grows with each object that is made. */
  readonly version: number;
  told?: Told;
  deleted?: { readonly at: number; readonly policy: "Foreground" | "Background" };
  /** Gone without a trace, by somebody's hand. */
  vanished?: boolean;
}

/** How a Job stands. */
export interface Standing extends Times {
  readonly exitCode: number;
  readonly hasEnded: boolean;
  /** When nothing is to be seen of it any more. */
  readonly goneAt: number;
}

const DEFAULT_STOP = 1000;

/** When its pod may be made: at once, or when what suspended it lets it go. */
export function letGoAt({ job, life, createdAt }: JobRecord): number {
  const suspended = (job["spec"] as JsonObject)["suspend"] === true;
  return suspended ? createdAt + (life.queuedMs ?? Number.POSITIVE_INFINITY) : createdAt;
}

/** How a Job stands at a time. */
export function standingOf(record: JobRecord, now: number): Standing {
  const spec = record.job["spec"] as JsonObject;
  const deadline = spec["activeDeadlineSeconds"];
  const letGo = letGoAt(record);
  const times =
    letGo > now
      ? { scheduledAt: Number.POSITIVE_INFINITY, startedAt: Number.POSITIVE_INFINITY, endedAt: Number.POSITIVE_INFINITY, byDeadline: false }
      : timesOf(record.life, letGo, typeof deadline === "number" ? deadline : undefined, record.told);
  const { deleted } = record;
  // What was told to go does not come to an end of its own.
  const endedAt = deleted !== undefined && deleted.at < times.endedAt ? Number.POSITIVE_INFINITY : times.endedAt;
  const startedAt = deleted !== undefined && deleted.at < times.startedAt ? Number.POSITIVE_INFINITY : times.startedAt;
  const ttl = Number(spec["ttlSecondsAfterFinished"] ?? Number.POSITIVE_INFINITY);
  const byDeletion =
    deleted === undefined
      ? Number.POSITIVE_INFINITY
      : endedAt <= deleted.at || deleted.policy === "Background"
        ? deleted.at
        : deleted.at + (record.life.stopMs ?? DEFAULT_STOP);
  const goneAt = record.vanished ? Number.NEGATIVE_INFINITY : Math.min(byDeletion, endedAt + ttl * 1000);
  const exitCode = record.told?.at === times.endedAt ? record.told.exitCode : (record.life.exitCode ?? 0);
  return { ...times, startedAt, endedAt, exitCode, hasEnded: endedAt <= now, goneAt };
}
