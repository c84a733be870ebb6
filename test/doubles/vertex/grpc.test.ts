/** The official package as it comes, over gRPC, before the double. */
import { v1 } from "@google-cloud/aiplatform";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveGrpc } from "./grpc.ts";
import { vertexService } from "./service.ts";

const parent = "projects/p/locations/europe-west4";
const service = vertexService({ now: Date.now });
let server: Awaited<ReturnType<typeof serveGrpc>>;
let client: v1.JobServiceClient;

beforeAll(async () => {
  server = await serveGrpc(service);
  client = new v1.JobServiceClient({ apiEndpoint: "127.0.0.1", port: server.port, sslCreds: credentials.createInsecure() });
});
afterAll(async () => {
  await client.close();
  await server.close();
});

test("a job is made, read, listed by its label, and cancelled", async () => {
  const pool = { machineSpec: { machineType: "m" }, replicaCount: 1, containerSpec: { imageUri: "i", env: [{ name: "A", value: "1" }] } };
  const scheduling = { timeout: { seconds: 60 }, strategy: "SPOT" } as const;
  const [made] = await client.createCustomJob({
    parent,
    customJob: { displayName: "x", labels: { a: "b" }, jobSpec: { workerPoolSpecs: [pool], scheduling } },
  });
  expect(made).toMatchObject({ displayName: "x", state: "JOB_STATE_RUNNING" });
  const name = made.name ?? "";
  expect((await client.getCustomJob({ name }))[0]).toMatchObject({ name, jobSpec: { workerPoolSpecs: [{ replicaCount: "1" }] } });
  expect((await client.listCustomJobs({ parent, filter: 'labels.a="b"' }))[0]).toMatchObject([{ name }]);
  expect((await client.listCustomJobs({ parent, filter: 'labels.a="c"' }))[0]).toEqual([]);
  await client.cancelCustomJob({ name });
  expect((await client.getCustomJob({ name }))[0]).toMatchObject({ state: "JOB_STATE_CANCELLED" });
});

test.each([
  ["no display name", { displayName: "" }, 3],
  ["no pool", { displayName: "x", jobSpec: { workerPoolSpecs: [] } }, 3],
])("refused: %s", async (_rule, customJob, code) => {
  await expect(client.createCustomJob({ parent, customJob })).rejects.toMatchObject({ code });
});

test("a job that is not there", async () => {
  await expect(client.getCustomJob({ name: `${parent}/customJobs/1` })).rejects.toMatchObject({ code: 5 });
});
