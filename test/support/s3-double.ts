import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type HttpDouble, startHttpDouble } from "./http-double.ts";

/** An object as the double has it. */
export interface S3Object {
  readonly body: string | Buffer;
  readonly versionId?: string;
}

/** What GetObject answers in place of the object. Documented: the XML body, the codes, 304 without a body. */
export type S3Fault =
  | { readonly status: number; readonly code: string }
  /** The connection ends before the promised length. */
  | "truncated"
  /** The head comes, the body never. */
  | "stalled"
  /** The head promises more than a template may have, the body never comes. */
  | "huge"
  /** A body without end and without a length. */
  | "endless";

/** GetObject of S3, with what the emulator lacks: versions and faults. */
export interface S3Double extends HttpDouble {
  readonly objects: Map<string, S3Object>;
  /** By `bucket/key`; the faults are given one after the other, then the object. */
  readonly faults: Map<string, S3Fault[]>;
  /** Of each request: the path, its `If-None-Match` and the status that it got. */
  readonly seen: { readonly path: string; readonly ifNoneMatch: string | undefined; readonly status: number }[];
}

export async function startS3Double(): Promise<S3Double> {
  const objects: S3Double["objects"] = new Map();
  const faults: S3Double["faults"] = new Map();
  const seen: S3Double["seen"][number][] = [];
  const server = await startHttpDouble((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "", "http://s3").pathname).slice(1);
    const ifNoneMatch = request.headers["if-none-match"];
    response.once("close", () => seen.push({ path, ifNoneMatch, status: response.statusCode }));
    const object = objects.get(path);
    const fault = faults.get(path)?.shift();
    if (fault !== undefined) fail(response, fault);
    else if (object === undefined) fail(response, { status: 404, code: "NoSuchKey" });
    else {
      const body = Buffer.from(object.body);
      const etag = `"${createHash("md5").update(body).digest("hex")}"`;
      response.setHeader("ETag", etag);
      if (object.versionId !== undefined) response.setHeader("x-amz-version-id", object.versionId);
      if (ifNoneMatch === etag) response.writeHead(304).end();
      else response.writeHead(200, { "Content-Length": body.length }).end(body);
    }
  });
  return { ...server, objects, faults, seen };
}

function fail(response: ServerResponse, fault: S3Fault): void {
  switch (fault) {
    case "truncated":
      response.writeHead(200, { "Content-Length": 100, ETag: '"t"' }).write("a: 1\n", () => response.destroy());
      return;
    case "stalled":
      response.writeHead(200, { "Content-Length": 100, ETag: '"s"' }).flushHeaders();
      return;
    case "huge":
      response.writeHead(200, { "Content-Length": 1024 * 1024 + 1, ETag: '"h"' }).flushHeaders();
      return;
    case "endless": {
      response.writeHead(200, { ETag: '"e"' });
      const more = () => {
        while (!response.destroyed && response.write("# more\n".repeat(10_000)));
      };
      response.on("drain", more);
      more();
      return;
    }
    default:
      response
        .writeHead(fault.status, { "Content-Type": "application/xml" })
        .end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${fault.code}</Code><Message>secret-message</Message></Error>`);
  }
}
