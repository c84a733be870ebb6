import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of this machine that speaks a service's protocol. */
export interface HttpDouble {
  readonly endpoint: string;
  /** Ends the connections on which nothing is under way, as a service does with those that nobody uses for long. */
  hangUp(): void;
  stop(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startHttpDouble(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<HttpDouble> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hangUp: () => server.closeIdleConnections(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
