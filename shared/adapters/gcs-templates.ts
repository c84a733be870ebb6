import type { Storage } from "@google-cloud/storage";
import type { ObjectLocation } from "./template-places.ts";
import { boundedBytes, refuseTooLarge, type TemplateSource, templateDenied, templateNotFound } from "./template-source.ts";

/** Templates in Cloud Storage. The client is asked for on first use. */
export function gcsTemplates(client: () => Promise<Storage>): TemplateSource<ObjectLocation> {
  return {
    async fetch({ bucket, key }, knownTag, signal) {
      const storage = await client();
      const { generation, size } = await found(storage, bucket, key, signal);
      if (generation === knownTag) return "unchanged";
      refuseTooLarge(size);
      // Pinned: what is read is what the record says, or nothing. Where it was replaced meanwhile the message is tried again.
      const content = storage.bucket(bucket).file(key, { generation }).createReadStream();
      return { bytes: await boundedBytes(content, signal), tag: generation, version: generation };
    },
  };
}

/** The object's generation, which changes with its content, and its size as it is stored. */
async function found(storage: Storage, bucket: string, key: string, signal: AbortSignal): Promise<{ generation: string; size: number }> {
  try {
    const [{ generation, size }] = await aborted(storage.bucket(bucket).file(key).getMetadata(), signal);
    return { generation: String(generation), size: Number(size) };
  } catch (error) {
    throw refusalFor(error) ?? error;
  }
}

/** The client takes no signal. */
function aborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return Promise.race([promise, end]);
}

function refusalFor(error: unknown): Error | undefined {
  const { code } = error as { readonly code?: unknown };
  if (code === 404) return templateNotFound("there is no such bucket or object");
  if (code === 401 || code === 403)
    return templateDenied(`Cloud Storage denied it (${code}): the dispatcher's account needs storage.objects.get there`);
  return code === 400 || code === 412 ? templateDenied(`Cloud Storage refused it (${code})`) : undefined;
}
