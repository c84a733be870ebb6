/** A proxy before a service that calls `crash` at planted points of its calls: a dispatcher killed there has done just so much. */
import { createServer, request as forward, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A point in a call's life. */
export interface CallPoint<Kind> {
  readonly call: Kind;
  /** `before`: the service never sees the call. `after`: it has done it, and the caller never hears of it. */
  readonly when: "before" | "after";
}

/** A running proxy. */
export interface CrashProxy<Kind> {
  readonly endpoint: string;
  /** Plants a crash: at the next call of this kind, once. */
  plant(point: CallPoint<Kind>, crash: () => void): void;
  close(): Promise<void>;
}

/** Starts a proxy; `kindOf` tells a call by its `x-amz-target` and its body. */
export async function crashProxy<Kind>(direct: string, kindOf: (target: string, body: string) => Kind): Promise<CrashProxy<Kind>> {
  let planted: { readonly point: CallPoint<Kind>; readonly crash: () => void } | undefined;
  const proxy = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", () => outgoing.destroy());
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const hit = planted?.point.call === kindOf(String(incoming.headers["x-amz-target"]), body.toString()) ? planted : undefined;
      if (hit !== undefined) planted = undefined;
      if (hit?.point.when === "before") {
        hit.crash();
        outgoing.destroy();
        return;
      }
      const call = forward(new URL(incoming.url ?? "/", direct), { method: incoming.method, headers: incoming.headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => {
          if (hit !== undefined) {
            hit.crash();
            outgoing.destroy();
            return;
          }
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          outgoing.end(Buffer.concat(parts));
        });
      });
      call.on("error", () => outgoing.destroy());
      call.end(body);
    });
  });
  const endpoint = await listen(proxy);
  return {
    endpoint,
    plant: (point, crash) => {
      planted = { point, crash };
    },
    close: () => end(proxy),
  };
}

/** Listens on a free port of the loopback interface. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends a server and its connections. */
export function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
