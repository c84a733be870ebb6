import type { Readable } from "node:stream";
import type { GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import type { ObjectLocation } from "./template-places.ts";
import { boundedBytes, refuseTooLarge, type TemplateSource, templateDenied, templateNotFound } from "./template-source.ts";

/** Templates in S3. The client is asked for on first use. */
export function s3Templates(client: () => Promise<S3Client>): TemplateSource<ObjectLocation> {
  return {
    async fetch({ bucket, key }, knownTag, signal) {
      const [s3, { GetObjectCommand }] = await Promise.all([client(), import("@aws-sdk/client-s3")]);
      let found: GetObjectCommandOutput;
      try {
        const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...(knownTag ? { IfNoneMatch: knownTag } : {}) });
        found = await s3.send(command, { abortSignal: signal });
      } catch (error) {
        const status = statusOf(error);
        // The client takes every status but 2xx for an error, 304 too.
        if (status === 304 && knownTag !== undefined) return "unchanged";
        throw refusalFor(status, error) ?? error;
      }
      const body = found.Body as Readable;
      try {
        refuseTooLarge(found.ContentLength);
      } catch (error) {
        body.destroy();
        throw error;
      }
      const bytes = await boundedBytes(body, signal);
      const tag = found.ETag ?? "";
      // Objects from before a bucket was versioned have the version "null".
      const version = found.VersionId === undefined || found.VersionId === "null" ? tag.replaceAll('"', "") : found.VersionId;
      return { bytes, tag, version };
    },
  };
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

/** Names of errors that come as 4xx and pass: credentials are renewed, clocks are set. */
const PASSING = [
  "ExpiredToken",
  "ExpiredTokenException",
  "TokenRefreshRequired",
  "RequestTimeout",
  "RequestTimeTooSkewed",
  "OperationAborted",
];

function refusalFor(status: number | undefined, error: unknown): Error | undefined {
  const name = error instanceof Error ? error.name : "";
  if (status === undefined || PASSING.includes(name)) return undefined;
  if (name === "NoSuchBucket") return templateNotFound("there is no such bucket");
  if (status === 404) return templateNotFound("there is no such object");
  // S3 answers so for a missing object too, where the bucket may not be listed.
  if (status === 403) {
    return templateDenied(
      `S3 denied it (${name}): the dispatcher's role needs s3:GetObject there, or the object is missing (without s3:ListBucket S3 does not say which)`,
    );
  }
  return status < 500 && status !== 304 && status !== 429 ? templateDenied(`S3 refused it (${status} ${name})`) : undefined;
}
