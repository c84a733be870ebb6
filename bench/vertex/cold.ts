/** One cold process: loads a Vertex client and makes its first job. Prints what that took. */
import { createRequire } from "node:module";

/** What a cold process is told. */
export interface ColdCase {
  readonly kind: "built" | "plain";
  /** The built launcher's module. */
  readonly module: string;
  readonly restUrl: string;
  readonly grpcPort: number;
  /** The target, the plan and the launch of a run, and the credentials. */
  readonly target: object;
  readonly plan: { readonly calls: readonly [{ readonly input: { readonly parent: string; readonly customJob: object } }] };
  readonly launch: object;
  readonly credentials: string;
}

const given = JSON.parse(process.argv[2] ?? "{}") as ColdCase;
const before = process.memoryUsage().rss;
const from = performance.now();
await (given.kind === "built" ? built(given) : plain(given));
const milliseconds = performance.now() - from;
console.log(
  JSON.stringify({ milliseconds, megabytes: (process.memoryUsage().rss - before) / 1e6, resident: process.memoryUsage().rss / 1e6 }),
);
process.exit(0);

async function built({ module, target, plan, launch, credentials }: ColdCase): Promise<void> {
  const { connectVertex } = await import(module);
  const services = { environment: {}, shared: {}, now: Date.now, sleep: async () => {}, secret: async () => credentials };
  const backend = await connectVertex(target, services);
  const { status } = await backend.submit(plan, { ...launch, signal: AbortSignal.timeout(10_000) });
  if (status !== "accepted") throw new Error(status);
}

async function plain({ plan, grpcPort, credentials }: ColdCase): Promise<void> {
  const { JobServiceClient } = await import("@google-cloud/aiplatform");
  const require = createRequire(import.meta.url);
  const { credentials: channels } = require("@grpc/grpc-js");
  const client = new JobServiceClient({
    apiEndpoint: "127.0.0.1",
    port: grpcPort,
    sslCreds: channels.createInsecure(),
    credentials: JSON.parse(credentials),
  });
  const [{ input }] = plan.calls;
  await client.createCustomJob(input);
}
