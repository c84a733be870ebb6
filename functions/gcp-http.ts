/** Between the requests of functions-framework (Express, their bodies read already) and those of the standard. */
import { Readable } from "node:stream";
import type { HttpFunction } from "@google-cloud/functions-framework";
import type { Composition } from "./compose.ts";

type ExpressRequest = Parameters<HttpFunction>[0];
type ExpressResponse = Parameters<HttpFunction>[1];

/** What to answer a caller with, or that it is one of Google's that the settings name. */
export type Verdict = "welcome" | 401 | 403;

/** A function that answers as `fetch` does. */
export function fetchOf(
  fetch: (request: Request, bindings: Readonly<Record<string, unknown>>) => Response | Promise<Response>,
): HttpFunction {
  return async (request, response) => {
    const answer = await fetch(standardRequest(request), { express: request });
    response.status(answer.status);
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    await sent(response, Buffer.from(await answer.arrayBuffer()));
  };
}

function sent(response: ExpressResponse, body: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", () => resolve());
    response.end(body);
  });
}

function standardRequest(request: ExpressRequest): Request {
  const headers = new Headers();
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    // One that is there twice stays so: it must not pass for one.
    headers.append(request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? "");
  }
  const url = new URL(request.originalUrl, "http://function");
  if (request.method === "GET" || request.method === "HEAD") return new Request(url, { method: request.method, headers });
  // Without a content type nobody has read it yet.
  const body = request.rawBody ?? (request.readableEnded ? undefined : Readable.toWeb(request));
  const init = { method: request.method, headers, duplex: "half", ...(body === undefined ? {} : { body }) };
  return new Request(url, init as RequestInit);
}

/** The address that Google's front end saw: it is the last that it wrote; those before are the client's own words. */
export function requestAddress({ express }: Readonly<Record<string, unknown>>): string | undefined {
  const { headers, socket } = express as ExpressRequest;
  const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",").at(-1)?.trim();
  return forwarded || socket.remoteAddress;
}

/** Whether the call bears a token of a service account that may call: 401 without one, 403 with another's. */
export async function calledByGoogle({ callers }: Composition, request: ExpressRequest): Promise<Verdict> {
  const [, token] = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(request.header("authorization") ?? "") ?? [];
  if (token === undefined) return 401;
  // Nobody is named: then nobody may.
  return callers !== undefined && (await callers(token)) ? "welcome" : 403;
}
