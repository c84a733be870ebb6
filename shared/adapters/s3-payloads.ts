import type { S3Client } from "@aws-sdk/client-s3";
import type { PayloadObjects } from "./payload-store.ts";
import { s3Templates } from "./s3-templates.ts";

/** Payloads in S3. The client is asked for on first use. */
export function s3Payloads(client: () => Promise<S3Client>): PayloadObjects {
  return {
    source: s3Templates(client),
    async put({ bucket, key }, bytes, signal) {
      const [s3, { PutObjectCommand }] = await Promise.all([client(), import("@aws-sdk/client-s3")]);
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: "application/octet-stream" });
      await s3.send(command, { abortSignal: signal });
    },
    async remove({ bucket, key }, signal) {
      const [s3, { DeleteObjectCommand }] = await Promise.all([client(), import("@aws-sdk/client-s3")]);
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    },
  };
}
