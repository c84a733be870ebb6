/** What floor and dispatcher have in common: how much to do, and what it took. */

/** Where the doubles are, how many launches, and how many at once. */
export interface Work {
  readonly ecs: string;
  readonly dynamodb: string;
  readonly launches: number;
  readonly inFlight: number;
}

/** What a series took, in one process. */
export interface Took {
  readonly cpuMilliseconds: number;
  readonly seconds: number;
}

export const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
export const REGION = "us-east-1";

/** The work that this process was given as its argument. */
export function givenWork(): Work {
  return JSON.parse(process.argv[2] ?? "{}");
}

/** Does a tenth first, so that code is compiled and connections are open, and then measures. `launch` is given numbers from `from` up. */
export async function measure(work: Work, launch: (from: number, count: number) => Promise<void>, batch: number): Promise<void> {
  const series = async (start: number, count: number) => {
    let next = start;
    const lane = async () => {
      while (next < start + count) {
        const from = next;
        next += batch;
        await launch(from, Math.min(batch, start + count - from));
      }
    };
    await Promise.all(Array.from({ length: Math.ceil(work.inFlight / batch) }, lane));
  };
  const warmUp = Math.ceil(work.launches / 10);
  await series(0, warmUp);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await series(warmUp, work.launches);
  const { user, system } = process.cpuUsage(cpu);
  const took: Took = { cpuMilliseconds: (user + system) / 1000 / work.launches, seconds: (performance.now() - startedAt) / 1000 };
  console.log(JSON.stringify(took));
}
