import { gcsPayloads } from "../../shared/adapters/gcs-payloads.ts";
import { type PayloadStore, payloadStore } from "../../shared/adapters/payload-store.ts";
import { s3Payloads } from "../../shared/adapters/s3-payloads.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import { objectStores } from "./object-stores.ts";
import type { Embedded } from "./options.ts";

/** What does not fit an item, kept at a place where there is one. No SDK is loaded before the first that is large. */
export function payloadsOf(settings: Settings, place: string | undefined, embedded: Embedded | undefined): PayloadStore {
  const { s3, gs } = objectStores(settings, embedded?.s3);
  return payloadStore(place, { s3: s3Payloads(s3), gs: gcsPayloads(gs) });
}
