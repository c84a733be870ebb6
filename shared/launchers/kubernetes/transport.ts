/** Requests to the API server over connections that are kept. The client's own fetch opens one for every call. */
import { request as requestHttp } from "node:http";
import type { Agent } from "node:https";
import { request as requestHttps } from "node:https";

/** A request on its way. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** What came back. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What carries requests. `agent` holds the connections, and the certificates that they are checked against. */
export type Carry = (request: WireRequest, agent: Agent | undefined) => Promise<WireAnswer>;

/** A call that is silent for so long counts as unanswered: the API server itself gives up after a minute, and answers well before. */
const SILENCE_MILLISECONDS = 20_000;

/** Over the network. */
export function overNetwork({ method, url, headers, body, signal }: WireRequest, agent: Agent | undefined): Promise<WireAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
  const send = url.startsWith("https:") ? requestHttps : requestHttp;
  const options = { method, headers: { ...headers, ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) } };
  const sent = send(
    url,
    { ...options, ...(agent === undefined ? {} : { agent }), ...(signal === undefined ? {} : { signal }) },
    (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const flat = Object.entries(response.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(", ") : (value ?? ""),
        ]);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(flat), body: Buffer.concat(chunks).toString("utf8") });
      });
    },
  );
  sent.setTimeout(SILENCE_MILLISECONDS, () => sent.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })));
  sent.on("error", reject);
  sent.end(body);
  return promise;
}
