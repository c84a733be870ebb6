/** A unix socket before a daemon, double or real, at which calls get lost, are kept on their way, or meet a daemon that does not answer. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Dial } from "../../../shared/launchers/docker/agent.ts";
import { socketDial } from "../../../shared/launchers/docker/socket.ts";
import type { Answer, DoubleRequest } from "./engine-double.ts";

/** The calls by what they are for. */
export type Site = "create" | "start" | "look" | "volumes" | "stop" | "remove" | "pull" | "mark" | "logs" | "other";

/** What the next call of a site meets. */
export type Fate =
  | { readonly kind: "lost"; readonly applied: boolean }
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "held"; readonly reached: () => void; readonly until: Promise<void>; readonly applied: () => void };

/** How the daemon as a whole does not answer. */
export type Outage = "5xx" | "hang" | "reset";

export interface Gate {
  readonly path: string;
  /** Streams through the gate. */
  readonly dial: Dial;
  /** The calls that came, in order. */
  readonly calls: readonly Site[];
  next(site: Site, fate: Fate): void;
  /** Nobody listens for the next stream. */
  refuseNext(): void;
  outage: Outage | undefined;
  close(): Promise<void>;
}

export async function gate(upstream: (request: DoubleRequest) => Answer | Promise<Answer>): Promise<Gate> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-docker-"));
  const path = join(folder, "docker.sock");
  const fates = new Map<Site, Fate[]>();
  const calls: Site[] = [];
  const streams = new Set<Duplex>();
  let refusing = false;
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(path, resolve));

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    const site = siteOf(request);
    calls.push(site);
    switch (self.outage) {
      case "hang":
        return;
      case "reset":
        return void response.destroy();
      case "5xx":
        return send(response, { status: 503, raw: Buffer.from("<html>Service Unavailable</html>") });
      case undefined:
        break;
      default: {
        const unhandled: never = self.outage;
        return unhandled;
      }
    }
    const fate = fates.get(site)?.shift();
    if (fate?.kind === "answered") return send(response, fate.answer);
    if (fate?.kind === "held") {
      fate.reached();
      await fate.until;
    }
    if (fate?.kind === "lost" && !fate.applied) return void response.destroy();
    const answer = await Promise.resolve()
      .then(() => upstream(request))
      .catch(() => undefined);
    if (answer === undefined) return void response.destroy();
    if (fate?.kind === "held") fate.applied();
    if (fate?.kind === "lost") response.destroy();
    else send(response, answer);
  }

  const self: Gate = {
    path,
    calls,
    outage: undefined,
    async dial() {
      const stream = await socketDial(refusing ? join(folder, "nobody") : path)().finally(() => {
        refusing = false;
      });
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
      return stream;
    },
    next: (site, fate) => void fates.set(site, [...(fates.get(site) ?? []), fate]),
    refuseNext() {
      refusing = true;
      for (const stream of streams) stream.destroy();
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
  return self;
}

export async function read(incoming: IncomingMessage): Promise<DoubleRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const url = new URL(incoming.url ?? "/", "http://docker");
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    body: text === "" ? undefined : JSON.parse(text),
    headers: incoming.headers,
  };
}

export function send(response: ServerResponse, { status, json, raw, lines }: Answer): void {
  if (lines !== undefined) {
    response.writeHead(status, { "content-type": "application/json" });
    for (const line of lines) response.write(`${JSON.stringify(line)}\r\n`);
    response.end();
    return;
  }
  const body = raw ?? (json === undefined ? undefined : Buffer.from(JSON.stringify(json)));
  response.writeHead(status, json === undefined ? {} : { "content-type": "application/json" });
  response.end(status === 204 || status === 304 ? undefined : body);
}

const SITES: readonly (readonly [pattern: RegExp, site: Site])[] = [
  [/^POST \/containers\/create$/, "create"],
  [/^POST \/containers\/[^/]+\/start$/, "start"],
  [/^POST \/containers\/[^/]+\/stop$/, "stop"],
  [/^GET \/containers\/([^/]+\/)?json$/, "look"],
  [/^GET \/containers\/[^/]+\/logs$/, "logs"],
  [/^DELETE \/containers\//, "remove"],
  [/^GET \/volumes/, "volumes"],
  [/^POST \/volumes\/create$/, "mark"],
  [/^POST \/images\/create$/, "pull"],
];

export function siteOf({ method, path }: DoubleRequest): Site {
  return SITES.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? "other";
}

/** Hands requests on to a daemon behind a socket. Rejects where it breaks off before its answer. */
export function forwardTo(socketPath: string): (request: DoubleRequest) => Promise<Answer> {
  return (request) =>
    new Promise((resolve, reject) => {
      const query = request.query.size === 0 ? "" : `?${request.query}`;
      const body = request.body === undefined ? "" : JSON.stringify(request.body);
      const socket = connect({ path: socketPath });
      const chunks: Buffer[] = [];
      socket.once("error", reject);
      socket.on("data", (chunk) => chunks.push(chunk));
      socket.once("end", () => void Promise.resolve(Buffer.concat(chunks)).then(answerOf).then(resolve, reject));
      const type = body === "" ? "" : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
      socket.write(`${request.method} ${request.path}${query} HTTP/1.0\r\nHost: docker\r\n${type}\r\n${body}`);
    });
}

/** HTTP/1.0: the body ends with the connection. */
function answerOf(bytes: Buffer): Answer {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) throw new Error("the daemon broke off before its answer");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(bytes.toString("latin1", 0, end))?.[1]);
  const isJson = /content-type: application\/json/i.test(bytes.toString("latin1", 0, end));
  const raw = bytes.subarray(end + 4);
  return isJson && raw.length > 0 ? { status, json: JSON.parse(raw.toString("utf8")) } : { status, raw };
}
