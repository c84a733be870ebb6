/** The Vertex launcher as it is built: the trimmed client launches, looks and stops like the whole one. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundle } from "../../functions/deploy/build.ts";
import type { connectVertex } from "../../shared/launchers/vertex/backend.ts";
import { servicesFor } from "../contract/services.ts";
import { vertexRun } from "../launchers/vertex/support.ts";
import { openVertex, prepared, SERVICE_ACCOUNT } from "../launchers/vertex/world.ts";

test("every call of the built launcher reaches the service, and what is left out is left out", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-built-"));
  const world = await openVertex();
  try {
    const chunks = await bundle({ backend: "shared/launchers/vertex/backend.ts" }, folder);
    const built = (await import(join(folder, "backend.mjs"))) as { readonly connectVertex: typeof connectVertex };
    const backend = await built.connectVertex(world.target, servicesFor({ secret: async () => SERVICE_ACCOUNT }).services);
    const config = {
      workerPoolSpecs: [{ machineSpec: { machineType: "m", acceleratorType: "NVIDIA_L4" }, replicaCount: 2 }],
      scheduling: { timeout: "1.5s", strategy: "SPOT" },
    };
    const [plan, launch] = prepared(vertexRun(config), world.target);
    const outcome = await backend.submit(plan, launch);
    if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
    const launched = { ...launch, handle: outcome.handle.id };
    expect(await backend.find?.(launch)).toMatchObject({ status: "found", handle: { id: launched.handle } });
    expect(await backend.inspect([launched])).toMatchObject([{ status: "running" }]);
    for await (const owned of backend.owned?.("test", launch.signal) ?? []) expect(owned.handle).toBe(launched.handle);
    await backend.stop(launched, "test");
    expect(await backend.inspect([launched, { ...launched, handle: `${launched.handle}0` }])).toMatchObject([
      { status: "ended", outcome: { state: "CANCELLED" } },
      { status: "absent" },
    ]);
    expect(chunks.flatMap(({ moduleIds }) => moduleIds).filter((path) => /node_modules\/@grpc\//.test(path))).toEqual([]);
    const protos = chunks.flatMap(({ modules }) =>
      Object.entries(modules).flatMap(([path, { renderedLength }]) =>
        path.endsWith("aiplatform/build/protos/protos.json") ? renderedLength : [],
      ),
    );
    expect(protos).toHaveLength(1);
    expect(protos[0]).toBeGreaterThan(1000);
    expect(protos[0]).toBeLessThan(60_000);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
});
