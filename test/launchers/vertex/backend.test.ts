/** The official client before the double over a socket: what is sent, what is said of what comes back. */
import { afterEach, describe, expect, test } from "vitest";
import type { Observation } from "../../../shared/core/launcher.ts";
import type { VertexRun } from "../../../shared/core/run.ts";
import type { REFUSALS } from "../../doubles/vertex/errors.ts";
import { objectIn, objectsIn } from "../../doubles/vertex/protos.ts";
import { vertexRun } from "./support.ts";
import { openVertex, prepared, type VertexWorld } from "./world.ts";

let open: VertexWorld[] = [];
afterEach(async () => {
  for (const world of open) await world.close();
  open = [];
});

async function opened(...args: Parameters<typeof openVertex>): Promise<VertexWorld> {
  const world = await openVertex(...args);
  open.push(world);
  return world;
}

describe("a submit", () => {
  test("the job arrives as it was planned, and the answer names it, its page and its log", async () => {
    const { connect, target, service } = await opened();
    const config: Partial<VertexRun> = {
      workerPoolSpecs: [
        { machine_spec: { machine_type: "n1", accelerator_type: "NVIDIA_L4", accelerator_count: 1 }, replica_count: "1" },
        null,
        { container_spec: { image_uri: "i", env: [{ name: "A", value: "1" }] }, machineSpec: { machineType: "n1" } },
      ],
      scheduling: { timeout: 90.5, max_wait_duration: { seconds: "60" }, strategy: "FLEX_START", disable_retries: true },
      env: { A: "ü $(B)" },
      serviceAccount: "s@p",
      network: "n",
    };
    const outcome = await (await connect()).submit(...prepared(vertexRun(config, { command: ["a", ""] }), target));
    const [job] = service.jobs;
    expect(outcome).toEqual({
      status: "accepted",
      handle: {
        id: job?.name,
        links: {
          console: "https://console.cloud.google.com/vertex-ai/locations/europe-west4/training/4000000000001?project=p",
          log: expect.stringMatching(/^https:\/\/console\.cloud\.google\.com\/logs\/query;query=.*4000000000001.*\?project=p$/),
        },
      },
    });
    const spec = objectIn(job?.document ?? {}, "jobSpec");
    expect(spec["scheduling"]).toMatchObject({ timeout: "90.500s", maxWaitDuration: "60s", strategy: 6, disableRetries: true });
    expect(spec).toMatchObject({ serviceAccount: "s@p", network: "n" });
    const [first, second, third] = objectsIn(spec, "workerPoolSpecs");
    expect(first).toMatchObject({ machineSpec: { machineType: "n1", acceleratorType: 11, acceleratorCount: 1 }, replicaCount: "1" });
    expect(objectIn(first ?? {}, "containerSpec")).toMatchObject({ imageUri: "img:1", args: ["a", ""] });
    expect(objectsIn(objectIn(first ?? {}, "containerSpec"), "env")).toContainEqual({ name: "A", value: "ü $$(B)" });
    expect(second).toEqual({});
    expect(third).toMatchObject({ containerSpec: { imageUri: "i", env: [{ name: "A", value: "1" }] } });
  });

  test("nothing listens at the endpoint: nothing was sent", async () => {
    const world = await opened();
    const backend = await world.connect();
    await world.close();
    expect(await backend.submit(...prepared(vertexRun(), world.target))).toMatchObject({
      status: "refused",
      failure: { class: "unavailable", code: "NOT_SENT" },
    });
  });

  test("the region's own address, where the target names no endpoint", async () => {
    const urls: string[] = [];
    const { connectVertex } = await import("../../../shared/launchers/vertex/backend.ts");
    const { jobService } = await import("../../../shared/launchers/vertex/client.ts");
    const world = await opened();
    const { endpoint: _none, ...settings } = world.target.settings;
    const { servicesFor } = await import("../../contract/services.ts");
    const { SERVICE_ACCOUNT } = await import("./world.ts");
    const { services } = servicesFor({ secret: async () => SERVICE_ACCOUNT });
    const carry = async (url: string) => {
      urls.push(url);
      return new Response("{}", { status: 404 });
    };
    const backend = await connectVertex({ ...world.target, settings }, services, (own, all) => jobService(own, all, carry));
    await backend.submit(...prepared(vertexRun(), world.target));
    expect(urls).toEqual([
      expect.stringMatching(
        /^https:\/\/europe-west4-aiplatform\.googleapis\.com:443\/v1\/projects\/p\/locations\/europe-west4\/customJobs\?/,
      ),
    ]);
  });
});

/** What the service says to a create → what it means. */
const REFUSED: readonly [keyof typeof REFUSALS, "refused" | "unknown", string, RegExp | undefined][] = [
  ["quota", "refused", "capacity", /quota/],
  ["rate", "refused", "throttled", /60 jobs a minute/],
  ["denied", "refused", "denied", /aiplatform\.user/],
  ["actAs", "refused", "denied", /serviceAccountUser/],
  ["disabled", "refused", "denied", /Enable/],
  ["invalid", "refused", "invalid", undefined],
  ["unavailable", "unknown", "unknown", undefined],
  ["internal", "unknown", "unknown", undefined],
  ["deadline", "unknown", "unknown", undefined],
];

test.each(REFUSED)("a create that is answered %s is %s, %s", async (reason, status, failureClass, hint) => {
  const { connect, target, service } = await opened();
  service.refuse(reason);
  const outcome = await (await connect()).submit(...prepared(vertexRun(), target));
  expect(outcome).toMatchObject({ status, failure: { class: failureClass, recognised: true } });
  if (hint !== undefined) expect(outcome).toMatchObject({ failure: { hint: expect.stringMatching(hint) } });
  expect(service.jobs).toEqual([]);
});

test("a value that the service repeats in its refusal goes no further", async () => {
  const { connect, target } = await opened();
  // The double repeats what it can't take, as the service does.
  const [plan, launch] = prepared(vertexRun({ env: { A: "a-secret-of-some-length" } }), target);
  const text = JSON.stringify(plan).replace('"name":"A"', '"name":"A-"');
  const outcome = await (await connect()).submit(JSON.parse(text) as typeof plan, launch);
  expect(outcome).toMatchObject({ status: "refused", failure: { class: "invalid", message: expect.stringContaining("A-=[…]") } });
  expect(JSON.stringify(outcome)).not.toContain("secret-of");
});

describe("what is seen", () => {
  test("of many: one list for fifty, and those that it does not show yet by name", async () => {
    const { connect, target, service } = await opened({ listLagMs: 5000, submissions: 1000 });
    const backend = await connect({ now: () => Date.now(), sleep: async () => {} });
    const launched = [];
    for (const id of ["a", "b", "c"]) {
      const [plan, launch] = prepared(vertexRun({}, { id }), target);
      const outcome = await backend.submit(plan, launch);
      if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
      launched.push({ ...launch, handle: outcome.handle.id });
    }
    const [, second] = service.jobs;
    if (second !== undefined) service.finish(second, 7);
    const seen = await backend.inspect(launched);
    expect(seen.map(({ status }) => status)).toEqual(["running", "ended", "running"]);
    expect(await backend.find?.(prepared(vertexRun({}, { id: "a" }), target)[1])).toEqual({ status: "absent" });
  });

  test("of many, by a service that takes no filter as long: each by its name", async () => {
    const { connect, target, service } = await opened();
    const backend = await connect();
    const launched = [];
    for (const id of ["a", "b"]) {
      const [plan, launch] = prepared(vertexRun({}, { id }), target);
      const outcome = await backend.submit(plan, launch);
      if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
      launched.push({ ...launch, handle: outcome.handle.id });
    }
    service.refuseLists();
    expect(await backend.inspect(launched)).toMatchObject([{ status: "running" }, { status: "running" }]);
  });

  test("of two jobs of one attempt the first is the one that is found", async () => {
    const { connect, target, service } = await opened();
    const [plan, launch] = prepared(vertexRun(), target);
    await (await connect()).submit(plan, launch);
    await (await connect()).submit(plan, launch);
    expect(service.jobs).toHaveLength(2);
    expect(await (await connect()).find?.(launch)).toMatchObject({ status: "found", handle: { id: service.jobs[0]?.name } });
  });
});

describe("a stop", () => {
  async function launchedIn({ connect, target }: VertexWorld) {
    const backend = await connect();
    const [plan, launch] = prepared(vertexRun(), target);
    const outcome = await backend.submit(plan, launch);
    if (outcome.status !== "accepted") throw new Error(JSON.stringify(outcome));
    return { backend, launched: { ...launch, handle: outcome.handle.id } };
  }

  test("is best effort: a job that succeeds all the same is a success", async () => {
    const world = await opened();
    const { backend, launched } = await launchedIn(world);
    world.service.ignoreCancels();
    await backend.stop(launched, "test");
    expect(await backend.inspect([launched])).toMatchObject([{ status: "ended", outcome: { state: "SUCCEEDED" } }]);
  });

  test("while it is being cancelled it still runs", async () => {
    const world = await opened({ cancelMs: 60_000 });
    const { backend, launched } = await launchedIn(world);
    await backend.stop(launched, "test");
    await backend.stop(launched, "test");
    expect(await backend.inspect([launched])).toMatchObject<Partial<Observation>[]>([{ status: "running" }]);
  });

  test("of what is not there: no error", async () => {
    const world = await opened();
    const { backend, launched } = await launchedIn(world);
    await backend.stop({ ...launched, handle: `${launched.handle}9` }, "test");
  });

  test("that can not be sent throws, and says why", async () => {
    const world = await opened();
    const { backend, launched } = await launchedIn(world);
    await world.close();
    await expect(backend.stop(launched, "test")).rejects.toThrow("could not be connected to");
  });
});
