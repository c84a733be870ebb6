/** What API Gateway does for the HTTP interface: takes connections of this machine, and gives up those that are too slow. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { httpApp } from "../http/app.ts";

/** Where it answers unless another program does. */
const USUAL_PORT = 8787;

/** Slow or silent clients lose their connection after so long; a page may hold one open a little longer. */
const SERVER_OPTIONS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
};
const MOST_CONNECTIONS = 2000;

/** A running server. */
export interface HttpServer {
  readonly url: string;
  readonly isUsualPortTaken: boolean;
  stop(): Promise<void>;
}

/** Another program has the port that was asked for. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

/**
 * Serves on the loopback interface: on the port that was asked for, else on the usual one, or a free one where that is taken.
 * Throws `PortTaken`.
 */
export async function serveHttp(app: ReturnType<typeof httpApp>, port?: number): Promise<HttpServer> {
  const make = () => {
    const server = createAdaptorServer({ fetch: app.fetch, createServer, serverOptions: SERVER_OPTIONS }) as Server;
    server.maxConnections = MOST_CONNECTIONS;
    return server;
  };
  const usual = make();
  const server = (await listening(usual, port ?? USUAL_PORT)) ? usual : make();
  const isUsualPortTaken = server !== usual;
  if (isUsualPortTaken && port !== undefined) {
    throw new PortTaken(`another program has the port ${port}: name another with --port, or leave it out to get a free one`);
  }
  if (isUsualPortTaken) await listening(server, 0);
  return {
    isUsualPortTaken,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** False where the port is taken. */
function listening(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" && port !== 0 ? resolve(false) : reject(error)));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
}

/** The address of a connection's other end. */
export function socketAddress({ incoming }: Readonly<Record<string, unknown>>): string | undefined {
  return (incoming as { readonly socket?: { readonly remoteAddress?: string } } | undefined)?.socket?.remoteAddress;
}
