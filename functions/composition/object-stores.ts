/** Clients of object stores, each made with the first object that is in its store. */
import type { S3Client } from "@aws-sdk/client-s3";
import type { Storage } from "@google-cloud/storage";
import type { Settings } from "../../shared/schema/settings.ts";
import { onceMade } from "./once-made.ts";
import { embeddedOptions, serviceOptions } from "./options.ts";

/** A client of each store, asked for on first use. */
export interface ObjectStores {
  s3(): Promise<S3Client>;
  gs(): Promise<Storage>;
}

/** `embedded`: where the emulator of an embedded stack answers in place of S3. */
export function objectStores(settings: Settings, embedded: string | undefined): ObjectStores {
  return {
    s3: onceMade(async () => {
      const { S3Client } = await import("@aws-sdk/client-s3");
      const endpoint = embedded ?? settings.endpoints.s3;
      return new S3Client({
        ...(embedded === undefined ? serviceOptions(settings, endpoint) : embeddedOptions(embedded)),
        maxAttempts: 3,
        // An emulator's buckets have no host names of their own.
        forcePathStyle: endpoint !== undefined,
        followRegionRedirects: true,
        requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000 },
      });
    }),
    gs: onceMade(async () => {
      const { Storage } = await import("@google-cloud/storage");
      const emulator = settings.storageEmulator?.replace(/\/storage\/v1\/?$/, "");
      return new Storage({
        ...(emulator === undefined ? {} : { apiEndpoint: emulator }),
        timeout: 4_000,
        retryOptions: { maxRetries: 2, totalTimeout: 5, maxRetryDelay: 1 },
      });
    }),
  };
}
