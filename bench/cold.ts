/**
 * A cold start of the built dispatch function beside a handler that has the SDK's ECS and DynamoDB clients and nothing else: built the
 * same way, in turns, each start in a process of its own. Import, and import with the first message handled. And the sizes of all
 * functions. Ends with 1 where a limit is passed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { buildFunctions, bundle, FUNCTIONS } from "../functions/deploy/build.ts";
import { kilobytes, loadedAtOnce } from "./cold/sizes.ts";
import { coldStart, lowerQuartile, type Start, type Surroundings, type Took } from "./cold/starts.ts";

const ROUNDS = Number(process.argv[2] ?? 21);
/** By CPU, and by the clock. */
const MOST_RATIO = 1.3;
/** In kB, with something to spare; whoever passes one should look what came in. */
const MOST_AT_ONCE: Readonly<Record<(typeof FUNCTIONS)[number], number>> = {
  dispatch: 650,
  webhook: 1050,
  schedule: 650,
  observe: 1050,
  sweep: 650,
};
const MOST_IN_ALL = 18_000;

const NETWORK = { awsvpcConfiguration: { subnets: ["subnet-1"] } };
const FLOOR = "bench/cold/floor.ts";
const ENVIRONMENT = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };

const folder = await mkdtemp(join(tmpdir(), "slipway-cold-"));
const services = spawn(process.execPath, [join(import.meta.dirname, "ecs/services.ts"), "0"], { stdio: ["pipe", "pipe", "inherit"] });
try {
  const built = await buildFunctions(join(folder, "functions"));
  await bundle({ floor: FLOOR }, join(folder, "floor"));
  const files = { floor: join(folder, "floor/floor.mjs"), dispatch: join(folder, "functions/dispatch.mjs") };
  const surroundings = await surroundingsAt(
    JSON.parse((await createInterface(services.stdout)[Symbol.asyncIterator]().next()).value ?? ""),
  );
  const starts = { floor: [] as Start[], dispatch: [] as Start[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ["floor", "dispatch"] as const) starts[name].push(await coldStart(surroundings, files[name], round));
  }
  const ratio = report("import               ", starts, ({ imported }) => imported);
  report("import, first message", starts, ({ handled }) => handled);
  const over = ratio > MOST_RATIO ? [`the import of dispatch takes more than ${MOST_RATIO} times that of the floor`] : [];
  for (const name of FUNCTIONS) {
    const { kilobytes: loaded, files: count } = loadedAtOnce(built, name);
    console.log(`${name.padEnd(8)} loads ${loaded.toFixed(0).padStart(5)} kB in ${count} files before its first event`);
    if (loaded > MOST_AT_ONCE[name]) over.push(`${name} loads more than ${MOST_AT_ONCE[name]} kB at once`);
  }
  const all = kilobytes(built);
  console.log(`all modules together: ${all.toFixed(0)} kB`);
  if (all > MOST_IN_ALL) over.push(`all modules together are more than ${MOST_IN_ALL} kB`);
  for (const limit of over) console.error(limit);
  process.exitCode = over.length === 0 ? 0 : 1;
} finally {
  services.stdin.end();
  await once(services, "exit");
  await rm(folder, { recursive: true, force: true });
}

/** The configuration as it is deployed, and a definition for both to launch. */
async function surroundingsAt({ ecs, dynamodb }: { readonly ecs: string; readonly dynamodb: string }): Promise<Surroundings> {
  const allow = { task_definitions: ["*cold:*"] };
  const target = { name: "prod", type: "ecs", endpoint: ecs, allow, run_task_kwargs: { networkConfiguration: NETWORK } };
  await writeFile(join(folder, "slipway.json"), JSON.stringify({ targets: [target] }));
  const credentials = { accessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID, secretAccessKey: ENVIRONMENT.AWS_SECRET_ACCESS_KEY };
  const client = new ECSClient({ endpoint: ecs, region: ENVIRONMENT.AWS_REGION, credentials });
  const { taskDefinition } = await client.send(
    new RegisterTaskDefinitionCommand({
      family: "cold",
      networkMode: "awsvpc",
      cpu: "1024",
      memory: "2048",
      requiresCompatibilities: ["FARGATE"],
      containerDefinitions: [{ name: "flow", image: "example/job:1" }],
    }),
  );
  const env = {
    ...ENVIRONMENT,
    AWS_LAMBDA_FUNCTION_NAME: "bench",
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_ECS: ecs,
    SLIPWAY_CONFIG: join(folder, "slipway.json"),
    SLIPWAY_TABLE: "runs",
    SLIPWAY_QUEUE: "http://127.0.0.1:9/queue",
  };
  return { folder, env, definition: taskDefinition?.taskDefinitionArn ?? "" };
}

/** Prints the lower quartiles, in which other work on the machine is seen least, and answers the larger ratio: by CPU or by the clock. */
function report(
  what: string,
  { floor, dispatch }: Readonly<Record<"floor" | "dispatch", readonly Start[]>>,
  of: (start: Start) => Took,
): number {
  const figure = (starts: readonly Start[], name: keyof Took) => lowerQuartile(starts, (start) => of(start)[name]);
  const shown = (starts: readonly Start[]) =>
    `${figure(starts, "cpu").toFixed(1)} ms CPU, ${figure(starts, "wall").toFixed(1)} ms, ${figure(starts, "megabytes").toFixed(0)} MB`;
  const ratio = (name: keyof Took) => figure(dispatch, name) / figure(floor, name);
  console.log(
    `${what}: floor ${shown(floor)}; dispatch ${shown(dispatch)}; ratio ${ratio("cpu").toFixed(2)} in CPU, ${ratio("wall").toFixed(2)} in time`,
  );
  return Math.max(ratio("cpu"), ratio("wall"));
}
