/** Two ways to the double: an HTTP server, and a handler for the SDK's `requestHandler` that needs no socket. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ECSClientConfig } from "@aws-sdk/client-ecs";
import type { DoubleRequest, DoubleResponse } from "./wire.ts";

export type Handle = (request: DoubleRequest) => Promise<DoubleResponse>;

/** What the SDK's clients take as `requestHandler`: ECS's and STS's alike. */
export type SdkRequestHandler = Extract<NonNullable<ECSClientConfig["requestHandler"]>, { handle: unknown }>;

export interface Listening {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A request without answer ends with a destroyed socket. A caller that hangs up does not stop what it asked for. */
export async function listen(handle: Handle, port: number): Promise<Listening> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url: path = "/", headers } = incoming;
      const request = { method, path, headers: flat(headers), body: Buffer.concat(chunks).toString() };
      handle(request).then(
        ({ status, headers: answered, body }) => outgoing.writeHead(status, answered).end(body),
        () => outgoing.destroy(),
      );
    });
    incoming.on("error", () => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** An aborted call rejects at once; the service goes on with it. */
export function sdkHandler(handle: Handle): SdkRequestHandler {
  const handler = {
    async handle(request: SdkRequest, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) {
      if (abortSignal?.aborted) throw aborted();
      const call = handle({
        method: request.method,
        path: request.path,
        headers: flat(request.headers),
        body: textOf(request.body),
      });
      const { status, headers, body } = await orAborted(call, abortSignal);
      return { response: { statusCode: status, headers: { ...headers }, body: new TextEncoder().encode(body) } };
    },
    metadata: { handlerProtocol: "http/1.1" },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
  return handler as unknown as SdkRequestHandler;
}

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

function textOf(body: string | Uint8Array | undefined): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

function orAborted<Result>(call: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return call;
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted());
    signal.addEventListener("abort", abort, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function aborted(): Error {
  return Object.assign(new Error("Request aborted"), { name: "AbortError" });
}

function flat(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value ?? "")]));
}
