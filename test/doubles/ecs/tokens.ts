/** RunTask's client tokens: one answer each, for as long as the token lives. The scope is the cluster. */
import type { RunTaskRequest } from "@aws-sdk/client-ecs";
import { canonicalJson, type Json } from "../../../shared/core/json.ts";
import { DAY, HOUR } from "./options.ts";
import { EcsRefusal } from "./refusal.ts";
import type { EcsTask } from "./task.ts";

/** What a RunTask answered. */
export interface RunTaskAnswer {
  readonly tasks: readonly object[];
  readonly failures: readonly object[];
}

export interface Tokens {
  /** The first answer, where the token lives. Throws ConflictException where its request was another. */
  replay(input: RunTaskRequest, clusterArn: string, now: number): RunTaskAnswer | undefined;
  keep(input: RunTaskRequest, clusterArn: string, now: number, tasks: readonly EcsTask[], answer: RunTaskAnswer): void;
  clear(): void;
}

interface Kept {
  readonly input: RunTaskRequest;
  readonly at: number;
  readonly tasks: readonly EcsTask[];
  readonly answer: RunTaskAnswer;
}

export function tokenStore(): Tokens {
  const kept = new Map<string, Kept>();
  return {
    replay(input, clusterArn, now) {
      const key = `${clusterArn} ${input.clientToken}`;
      const first = input.clientToken === undefined ? undefined : kept.get(key);
      if (first === undefined) return undefined;
      if (now >= endOf(first)) {
        kept.delete(key);
        return undefined;
      }
      if (fingerprint(first.input) !== fingerprint(input)) throw conflict(first.tasks);
      return first.answer;
    },
    keep(input, clusterArn, at, tasks, answer) {
      if (input.clientToken === undefined) return;
      kept.set(`${clusterArn} ${input.clientToken}`, { input, at, tasks, answer });
    },
    clear: () => kept.clear(),
  };
}

/** 24 hours, or an hour after the end of the last task if that is sooner. Failures alone have no end: an hour. */
function endOf({ at, tasks }: Kept): number {
  const ends = tasks.map(({ stoppedAt = Infinity }) => stoppedAt);
  return Math.min(at + DAY, Math.max(at, ...ends) + HOUR);
}

/** The parameters as they were sent, but for the token and for how the cluster is spelled. */
function fingerprint({ clientToken: _token, cluster: _cluster, ...parameters }: RunTaskRequest): string {
  return canonicalJson(parameters as unknown as Json);
}

function conflict(tasks: readonly EcsTask[]): EcsRefusal {
  return new EcsRefusal({
    type: "ConflictException",
    status: 400,
    message: "The provided clientToken is already in use with a different RunTask request.",
    fields: { resourceIds: tasks.map(({ arn }) => arn) },
  });
}
