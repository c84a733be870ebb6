/** Loading and first call of the built Vertex launcher, cold, beside the package as it comes. Both against the double, in turns. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle } from "../functions/deploy/build.ts";
import { serveGrpc } from "../test/doubles/vertex/grpc.ts";
import { serveRest } from "../test/doubles/vertex/rest.ts";
import { vertexService } from "../test/doubles/vertex/service.ts";
import { vertexRun, vertexTarget } from "../test/launchers/vertex/support.ts";
import { prepared, SERVICE_ACCOUNT } from "../test/launchers/vertex/world.ts";
import type { ColdCase } from "./vertex/cold.ts";

const TURNS = Number(process.argv[2] ?? 9);
const run = promisify(execFile);

interface Cold {
  readonly milliseconds: number;
  readonly megabytes: number;
  readonly resident: number;
}

const folder = await mkdtemp(join(tmpdir(), "slipway-vertex-"));
const service = vertexService({ now: Date.now, submissions: Number.POSITIVE_INFINITY });
const [rest, grpc] = [await serveRest(service), await serveGrpc(service)];
try {
  await bundle({ backend: "shared/launchers/vertex/backend.ts" }, folder);
  const target = vertexTarget({ settings: { endpoint: rest.url, credentials: { kind: "secret", reference: "env:KEY" } } });
  const [plan, { signal: _signal, ...launch }] = prepared(vertexRun({}, { command: ["true"] }), target);
  const common = {
    module: join(folder, "backend.mjs"),
    restUrl: rest.url,
    grpcPort: grpc.port,
    target,
    launch,
    credentials: SERVICE_ACCOUNT,
  };
  const cold = async (kind: ColdCase["kind"]): Promise<Cold> => {
    const given = { ...common, plan, kind } as unknown as ColdCase;
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, "vertex/cold.ts"), JSON.stringify(given)]).catch(
      ({ stderr }: { stderr: string }) => Promise.reject(new Error(`a cold process failed: ${stderr.slice(-800)}`)),
    );
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Cold;
  };
  const series: Record<ColdCase["kind"], Cold[]> = { built: [], plain: [] };
  // The first of each reads the disk.
  for (const kind of ["built", "plain"] as const) await cold(kind);
  for (let turn = 0; turn < TURNS; turn++) for (const kind of ["built", "plain"] as const) series[kind].push(await cold(kind));
  for (const [kind, all] of Object.entries(series)) {
    const median = (of: (one: Cold) => number) => all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
    const [took, grew, resident] = [median((one) => one.milliseconds), median((one) => one.megabytes), median((one) => one.resident)];
    console.log(
      `${kind.padEnd(6)} ${took.toFixed(0).padStart(5)} ms to the first job, ${grew.toFixed(0).padStart(4)} MB more, ${resident.toFixed(0).padStart(4)} MB in all (medians of ${all.length} processes)`,
    );
  }
} finally {
  await rest.close();
  await grpc.close();
  await rm(folder, { recursive: true, force: true });
}
