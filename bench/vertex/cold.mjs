/** One cold process: loads a Vertex client and makes its first job. Prints what that took. No TypeScript: to strip its types takes memory. */
import { createRequire } from "node:module";

const given = JSON.parse(process.argv[2] ?? "{}");
const memoryBefore = process.memoryUsage().rss;
const cpuBefore = process.cpuUsage();
const from = performance.now();
await (given.kind === "built" ? built(given) : plain(given));
const milliseconds = performance.now() - from;
const { user, system } = process.cpuUsage(cpuBefore);
const { rss } = process.memoryUsage();
console.log(JSON.stringify({ milliseconds, cpu: (user + system) / 1000, megabytes: (rss - memoryBefore) / 1e6, resident: rss / 1e6 }));

async function built({ module, target, plan, launch, credentials }) {
  const { connectVertex } = await import(module);
  const services = { environment: {}, shared: {}, now: Date.now, sleep: async () => {}, secret: async () => credentials };
  const backend = await connectVertex(target, services);
  const { status } = await backend.submit(plan, { ...launch, signal: AbortSignal.timeout(30_000) });
  if (status !== "accepted") throw new Error(status);
}

async function plain({ plan, grpcPort, credentials }) {
  const { JobServiceClient } = await import("@google-cloud/aiplatform");
  const { credentials: channels } = createRequire(import.meta.url)("@grpc/grpc-js");
  const client = new JobServiceClient({
    apiEndpoint: "127.0.0.1",
    port: grpcPort,
    sslCreds: channels.createInsecure(),
    credentials: JSON.parse(credentials),
  });
  await client.createCustomJob(plan.calls[0].input);
}
