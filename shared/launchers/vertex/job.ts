/** A CustomJob as the client gives it, of which nothing is taken on trust. */
import * as z from "zod/mini";

const timestamp = z.pipe(
  z.object({ seconds: z.union([z.string(), z.number()]), nanos: z.optional(z.nullable(z.number())) }),
  z.transform(({ seconds, nanos }) => Number(seconds) * 1000 + Math.floor((nanos ?? 0) / 1e6)),
);

const time = z.optional(z.nullable(timestamp));
/** In milliseconds; a span of no time at all has no seconds. */
const span = z.optional(
  z.nullable(
    z.pipe(
      z.object({ seconds: z.optional(z.nullable(z.union([z.string(), z.number()]))) }),
      z.transform(({ seconds }) => Number(seconds ?? 0) * 1000),
    ),
  ),
);
const texts = z.optional(z.nullable(z.array(z.string())));
const container = z.object({
  args: texts,
  command: texts,
  env: z.optional(z.nullable(z.array(z.object({ value: z.optional(z.nullable(z.string())) })))),
});
const task = z.optional(z.nullable(container));

const job = z.object({
  name: z.string(),
  state: z.string(),
  createTime: time,
  startTime: time,
  endTime: time,
  updateTime: time,
  error: z.optional(z.nullable(z.object({ code: z.optional(z.nullable(z.number())), message: z.optional(z.nullable(z.string())) }))),
  labels: z.optional(z.nullable(z.record(z.string(), z.string()))),
  jobSpec: z.optional(
    z.nullable(
      z.object({
        scheduling: z.optional(z.nullable(z.object({ strategy: z.unknown(), maxWaitDuration: span }))),
        workerPoolSpecs: z.optional(z.nullable(z.array(z.object({ containerSpec: task, pythonPackageSpec: task })))),
      }),
    ),
  ),
});

/** What is read of a job. Times are epoch milliseconds. */
export type Job = z.infer<typeof job>;

/** The job of an answer. Throws where it is none. */
export function jobOf(answer: unknown): Job {
  return job.parse(answer);
}

/** The values of a job's variables, in all of its pools: its own error text may repeat them. */
export function valuesIn({ jobSpec }: Job): readonly string[] {
  const tasks = (jobSpec?.workerPoolSpecs ?? []).flatMap(({ containerSpec, pythonPackageSpec }) => [containerSpec, pythonPackageSpec]);
  return tasks.flatMap((one) => (one?.env ?? []).flatMap(({ value }) => value ?? []));
}

/** The service names a job by its project's number, wherever we named it by its id: only region and job say which it is. */
export function isSameJob(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  return a !== undefined && b !== undefined && a.region === b.region && a.id === b.id;
}

/** Region and number of a job, in the name that the service gave it. */
export function partsOf(name: string): { readonly region: string; readonly id: string } | undefined {
  const [, region, id] = /^projects\/[^/]+\/locations\/([^/]+)\/customJobs\/([^/]+)$/.exec(name) ?? [];
  return region === undefined || id === undefined ? undefined : { region, id };
}
