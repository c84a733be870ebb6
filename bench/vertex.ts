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

const TURNS = Number(process.argv[2] ?? 9);
const run = promisify(execFile);

type Kind = "built" | "plain";

/** What a cold process printed. */
interface Cold {
  readonly milliseconds: number;
  /** Of the same, what the processor worked: the same on a busy machine. */
  readonly cpu: number;
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
  const cold = async (kind: Kind): Promise<Cold> => {
    const given = { ...common, plan, kind };
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, "vertex/cold.mjs"), JSON.stringify(given)]).catch(
      ({ stderr }: { stderr: string }) => Promise.reject(new Error(`a cold process failed: ${stderr.slice(-800)}`)),
    );
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Cold;
  };
  const series: Record<Kind, Cold[]> = { built: [], plain: [] };
  // The first of each reads the disk.
  for (const kind of ["built", "plain"] as const) await cold(kind);
  for (let turn = 0; turn < TURNS; turn++) for (const kind of ["built", "plain"] as const) series[kind].push(await cold(kind));
  for (const [kind, all] of Object.entries(series)) {
    const median = (of: (one: Cold) => number) => all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
    const told = [
      `${median((one) => one.milliseconds).toFixed(0)} ms to the first job`,
      `${median((one) => one.cpu).toFixed(0)} ms of CPU`,
      `${median((one) => one.megabytes).toFixed(0)} MB more`,
      `${median((one) => one.resident).toFixed(0)} MB in all`,
    ];
    console.log(`${kind.padEnd(6)} ${told.join(", ")} (medians of ${all.length} processes)`);
  }
} finally {
  await rest.close();
  await grpc.close();
  await rm(folder, { recursive: true, force: true });
}
