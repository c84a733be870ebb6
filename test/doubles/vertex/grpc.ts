/** The gRPC front of the double, from the official client's own protos. The launcher speaks REST; the package as it comes speaks this. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { isList, isObject, type Json, type JsonObject } from "../../../shared/core/json.ts";
import { ServiceError } from "./errors.ts";
import type { VertexService } from "./service.ts";

/** A request as the wire has it: messages without what is not set, spans of time as objects. */
type Unary = (call: ServerUnaryCall<JsonObject, object>, answer: sendUnaryData<object>) => void;

const TIMES = ["createTime", "startTime", "endTime", "updateTime"];

/** A double that listens on 127.0.0.1, without TLS. */
export async function serveGrpc(service: VertexService): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = new Server();
  server.addService(jobServiceDefinition(), {
    CreateCustomJob: unary(({ parent, customJob }) => ofJob(service.create(String(parent), asJson(customJob ?? {})))),
    GetCustomJob: unary(({ name }) => ofJob(service.get(String(name)))),
    CancelCustomJob: unary(({ name }) => service.cancel(String(name))),
    ListCustomJobs: unary(({ parent, filter, pageSize, pageToken }) => {
      const { customJobs = [], ...rest } = service.list(String(parent), {
        filter: String(filter ?? ""),
        pageSize: Number(pageSize ?? 0),
        pageToken: String(pageToken ?? ""),
      });
      return { ...rest, customJobs: isList(customJobs) ? customJobs.map((job) => ofJob(isObject(job) ? job : {})) : [] };
    }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => new Promise((resolve) => server.tryShutdown(() => resolve())) };
}

function jobServiceDefinition() {
  const require = createRequire(import.meta.url);
  const client = dirname(require.resolve("@google-cloud/aiplatform/package.json"));
  const gax = createRequire(join(client, "package.json")).resolve("google-gax");
  const includeDirs = [join(client, "build/protos"), join(dirname(gax), "../protos")];
  const definition = loadSync("google/cloud/aiplatform/v1/job_service.proto", {
    includeDirs,
    longs: String,
    enums: String,
    defaults: false,
  });
  const found = ["google", "cloud", "aiplatform", "v1", "JobService"].reduce<unknown>(
    (node, name) => (node as Record<string, unknown>)[name],
    loadPackageDefinition(definition),
  );
  return (found as ServiceClientConstructor).service;
}

function unary(answer: (request: JsonObject) => object): Unary {
  return ({ request }, reply) => {
    try {
      reply(null, answer(request));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      reply({ code: error.code, details: error.message });
    }
  };
}

/** A message in protobuf's JSON. */
function asJson(message: Json): JsonObject {
  const plain = (value: Json): Json => {
    if (isList(value)) return value.map(plain);
    if (!isObject(value)) return value;
    const { seconds, nanos } = value;
    if (seconds !== undefined && Object.keys(value).every((key) => key === "seconds" || key === "nanos"))
      return `${seconds}${nanos ? `.${String(nanos).padStart(9, "0")}` : ""}s`;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  };
  const json = plain(message);
  return isObject(json) ? json : {};
}

/** A job in the form of the wire: times as objects. Spans of time are not sent back. */
function ofJob({ jobSpec, ...job }: JsonObject): object {
  const times = TIMES.flatMap((name) => {
    const at = typeof job[name] === "string" ? Date.parse(job[name]) : undefined;
    return at === undefined ? [] : [[name, { seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1e6 }] as const];
  });
  const { scheduling: _spans, ...spec } = isObject(jobSpec) ? jobSpec : {};
  return { ...job, jobSpec: spec, ...Object.fromEntries(times) };
}
