import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { type HttpDouble, startHttpDouble } from "./http-double.ts";

/** Objects of Cloud Storage's JSON API: metadata, the content of one generation, and multipart uploads of what is not there yet. */
export interface GcsDouble extends HttpDouble {
  /** By `bucket/name`. */
  readonly objects: Map<string, { readonly body: string | Buffer; readonly generation: string; readonly size?: number }>;
  /** By `bucket/name`: the statuses of the next answers (200: as it is), `stalled` for none at all, `truncated` for half of one. */
  readonly faults: Map<string, (number | "stalled" | "truncated")[]>;
  /** Of each request: what it asked for, and the status that it got. */
  readonly seen: string[];
}

export async function startGcsDouble(): Promise<GcsDouble> {
  const objects: GcsDouble["objects"] = new Map();
  const faults: GcsDouble["faults"] = new Map();
  const seen: string[] = [];
  const server = await startHttpDouble((request, response) => {
    const url = new URL(request.url ?? "", "http://gcs");
    if (request.method === "POST") return void upload(request, url, objects, seen).then((status) => answerUpload(response, status));
    const [, bucket, name] = /\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname)?.map(decodeURIComponent) ?? [];
    const isMedia = url.searchParams.get("alt") === "media";
    const generation = url.searchParams.get("generation");
    response.once("close", () => seen.push(`${isMedia ? "media" : "metadata"} ${response.statusCode}`));
    const path = `${bucket}/${name}`;
    const object = objects.get(path);
    const fault = faults.get(path)?.shift();
    if (fault === "stalled") return;
    if (fault === "truncated") return void response.writeHead(200, { "Content-Length": 100 }).write("kind", () => response.destroy());
    if (fault !== undefined && fault !== 200) return fail(response, fault);
    if (object === undefined || (generation !== null && generation !== object.generation)) return fail(response, 404);
    if (isMedia) response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(object.body);
    else {
      const size = String(object.size ?? Buffer.byteLength(object.body));
      response
        .writeHead(200, { "Content-Type": "application/json" })
        .end(JSON.stringify({ bucket, name, generation: object.generation, size }));
    }
  });
  return { ...server, objects, faults, seen };
}

/** Documented: two parts, the object's metadata and its content; `ifGenerationMatch=0` answers 412 where there is an object. */
async function upload(request: IncomingMessage, url: URL, objects: GcsDouble["objects"], seen: string[]): Promise<number> {
  const body = await buffer(request);
  const [, bucket] = /\/b\/([^/]+)\/o$/.exec(url.pathname) ?? [];
  const path = `${bucket}/${url.searchParams.get("name")}`;
  const status = url.searchParams.get("ifGenerationMatch") === "0" && objects.has(path) ? 412 : 200;
  seen.push(`upload ${status}`);
  if (status !== 200) return status;
  const boundary = /boundary=(.+)$/.exec(request.headers["content-type"] ?? "")?.[1] ?? "";
  // Read as latin1, each character is a byte.
  const content = body.toString("latin1").split(`--${boundary}`)[2] ?? "";
  const from = content.indexOf("\r\n\r\n") + 4;
  objects.set(path, { body: Buffer.from(content.slice(from, -2), "latin1"), generation: String(objects.size + 1) });
  return status;
}

function answerUpload(response: ServerResponse, status: number): void {
  if (status !== 200) fail(response, status);
  else response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
}

function fail(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(
    JSON.stringify({
      error: { code: status, message: "secret-message", errors: [{ reason: "backendError", message: "secret-message" }] },
    }),
  );
}
