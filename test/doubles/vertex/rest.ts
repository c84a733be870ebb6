/** The JSON front of the double: requests as the official client makes them over REST. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../../shared/core/json.ts";
import { ServiceError } from "./errors.ts";
import type { VertexService } from "./service.ts";

/** An operation, by the name that the protos give it. */
export type Operation = "CreateCustomJob" | "GetCustomJob" | "ListCustomJobs" | "CancelCustomJob";

/** A request of the JSON front. */
export interface RestRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly authorization: string;
  readonly body: string;
}

/** Its answer. */
export interface RestAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

const JOBS = /^\/v1\/(projects\/[^/]+\/locations\/[^/]+)\/customJobs(?:\/([^/:]+))?(:cancel)?$/;

/** The operation that a request is for. */
export function operationOf({ method, url }: RestRequest): Operation | undefined {
  const [, , id, cancel] = JOBS.exec(new URL(url, "http://double").pathname) ?? [];
  if (cancel !== undefined) return "CancelCustomJob";
  if (id !== undefined) return "GetCustomJob";
  return method === "POST" ? "CreateCustomJob" : "ListCustomJobs";
}

/** Answers one request. */
export function answer(service: VertexService, request: RestRequest): RestAnswer {
  try {
    return { status: 200, body: answered(service, request) };
  } catch (error) {
    if (error instanceof ServiceError) return { status: error.httpStatus, body: error.body() };
    throw error;
  }
}

function answered(service: VertexService, request: RestRequest): JsonObject {
  const { pathname, searchParams } = new URL(request.url, "http://double");
  if (!/^Bearer \S+$/.test(request.authorization))
    throw new ServiceError("UNAUTHENTICATED", "Request is missing required authentication credential.");
  const [, parent, id] = JOBS.exec(decodeURIComponent(pathname)) ?? [];
  if (parent === undefined) throw new ServiceError("NOT_FOUND", "Method not found.");
  const name = `${parent}/customJobs/${id}`;
  switch (operationOf(request)) {
    case "CreateCustomJob":
      return service.create(parent, JSON.parse(request.body) as JsonObject);
    case "GetCustomJob":
      return service.get(name);
    case "CancelCustomJob":
      return service.cancel(name);
    default: {
      const text = (key: string) => searchParams.get(key) ?? "";
      return service.list(parent, { filter: text("filter"), pageSize: Number(text("pageSize")), pageToken: text("pageToken") });
    }
  }
}

/** A double that listens on 127.0.0.1. */
export async function serveRest(service: VertexService): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer(async (incoming, outgoing) => {
    let body = "";
    for await (const chunk of incoming) body += chunk;
    const { method = "", url = "", headers } = incoming;
    const { status, body: sent } = answer(service, { method, url, authorization: headers.authorization ?? "", body });
    outgoing.writeHead(status, { "content-type": "application/json; charset=UTF-8" }).end(JSON.stringify(sent));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}
