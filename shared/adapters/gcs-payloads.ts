import type { Storage } from "@google-cloud/storage";
import { gcsTemplates } from "./gcs-templates.ts";
import type { PayloadObjects } from "./payload-store.ts";

/** Payloads in Cloud Storage. The client is asked for on first use. */
export function gcsPayloads(client: () => Promise<Storage>): PayloadObjects {
  return {
    source: gcsTemplates(client),
    async put({ bucket, key }, bytes) {
      const storage = await client();
      try {
        const options = {
          resumable: false,
          contentType: "application/octet-stream",
          // Only a write with a precondition is repeated by the client.
          preconditionOpts: { ifGenerationMatch: 0 },
          // Where its own check fails, the client deletes the object; ours comes with every read.
          validation: false,
        };
        await storage.bucket(bucket).file(key).save(Buffer.from(bytes), options);
      } catch (error) {
        // It is there already, and what has its name has its content.
        if ((error as { readonly code?: unknown }).code !== 412) throw error;
      }
    },
    async remove({ bucket, key }) {
      const storage = await client();
      await storage.bucket(bucket).file(key).delete({ ignoreNotFound: true });
    },
  };
}
