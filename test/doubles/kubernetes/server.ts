/** The double over HTTPS on 127.0.0.1, with a certificate of its own. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { type Certificate, certificateForLoopback } from "./certificate.ts";
import type { KubernetesDoubleOptions } from "./options.ts";
import { type KubernetesService, kubernetesService } from "./service.ts";
import type { DoubleAnswer, DoubleRequest } from "./wire.ts";

/** A running API server. */
export interface KubernetesDouble extends KubernetesService {
  readonly server: string;
  /** What clients check its certificate against. */
  readonly certificateAuthority: string;
  /** Connections that were made. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Starts one. `through` may keep a request, or lose its answer by throwing. */
export async function startKubernetes(
  options: KubernetesDoubleOptions = {},
  through: (request: DoubleRequest, handle: KubernetesService["handle"]) => Promise<DoubleAnswer> = (request, handle) => handle(request),
): Promise<KubernetesDouble> {
  const service = kubernetesService(options);
  const { key, certificate }: Certificate = certificateForLoopback();
  let connections = 0;
  const server = createServer({ key, cert: certificate }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url: path = "/", headers } = incoming;
      const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      const request = { method, path, headers: flat, body: Buffer.concat(chunks).toString() };
      through(request, service.handle).then(
        (answer) => outgoing.writeHead(answer.status, answer.headers).end(answer.body),
        () => outgoing.destroy(),
      );
    });
    incoming.on("error", () => outgoing.destroy());
  });
  server.on("secureConnection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ...service,
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificateAuthority: certificate,
    get connections() {
      return connections;
    },
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
