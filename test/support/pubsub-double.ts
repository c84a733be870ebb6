/** Pub/Sub's Publisher over its own protocol (gRPC), by the service's published definition: topics take messages and give each an id. */
import { resolve } from "node:path";
import { loadPackageDefinition, Server, ServerCredentials, type ServiceDefinition, type sendUnaryData, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** What a topic was sent. */
export interface Published {
  readonly topic: string;
  readonly messageId: string;
  readonly data: string;
}

/** A running double. */
export interface PubsubDouble {
  /** As `PUBSUB_EMULATOR_HOST` wants it. */
  readonly host: string;
  readonly published: readonly Published[];
  /** The gRPC statuses of the next calls; documented: UNAVAILABLE (14) is repeated by the client, NOT_FOUND (5) is not. */
  readonly faults: number[];
  close(): Promise<void>;
}

interface PublishCall {
  readonly request: { readonly topic: string; readonly messages: readonly { readonly data: Buffer }[] };
}

const protos = (name: string) => resolve("node_modules", name, "build/protos");

export async function startPubsubDouble(): Promise<PubsubDouble> {
  const definition = loadSync("google/pubsub/v1/pubsub.proto", { includeDirs: [protos("@google-cloud/pubsub"), protos("google-gax")] });
  const loaded = loadPackageDefinition(definition);
  const service = serviceOf(loaded, ["google", "pubsub", "v1", "Publisher"]);
  const published: Published[] = [];
  const faults: number[] = [];
  const server = new Server();
  server.addService(service, {
    publish({ request: { topic, messages } }: PublishCall, answer: sendUnaryData<{ messageIds: string[] }>) {
      const fault = faults.shift();
      if (fault !== undefined) return answer({ code: fault, details: status[fault] ?? "" });
      const messageIds = messages.map(({ data }) => {
        // Documented: unique in its topic. Assumed: digits.
        const messageId = String(2_070_443_601_311_540 + published.length);
        published.push({ topic, messageId, data: data.toString("utf8") });
        return messageId;
      });
      return answer(null, { messageIds });
    },
  });
  const port = await new Promise<number>((done, failed) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error ? failed(error) : done(bound))),
  );
  return {
    host: `127.0.0.1:${port}`,
    published,
    faults,
    close: () => new Promise((done) => server.tryShutdown(() => done())),
  };
}

function serviceOf(loaded: object, path: readonly string[]): ServiceDefinition {
  let found: unknown = loaded;
  for (const name of path) found = Object(found)[name];
  const { service } = Object(found) as { readonly service?: ServiceDefinition };
  if (service === undefined) throw new Error(`the definition has no ${path.join(".")}`);
  return service;
}
