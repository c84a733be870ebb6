/** Places outside the dispatcher: objects and prefixes in object stores, folders, secrets, queues. */
import * as z from "zod/mini";
import { late } from "../core/late.ts";
import { isSecretReference, SECRET_REFERENCE_EXPECTED } from "../core/secret-reference.ts";
import { filledText } from "./fields.ts";

/** A reference to a secret. */
export const secretReference = late(() => z.string().check(z.refine(isSecretReference, SECRET_REFERENCE_EXPECTED)));

const BUCKET = /^(?:s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|(?:gs|gcs):\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?=\/|$)/;
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
/** S3's and Cloud Storage's own limit. */
const LONGEST_KEY_BYTES = 1024;

/** The key that a URL names in its bucket; undefined where the URL is none, or climbs: what is between here and a store may resolve `..`. */
function keyOf(url: string): string | undefined {
  const bucket = BUCKET.exec(url)?.[0];
  if (bucket === undefined) return undefined;
  const key = url.slice(bucket.length + 1);
  const steps = key.split("/");
  const isPlain = steps.every((step, index) => step !== "." && step !== ".." && (step !== "" || index === steps.length - 1));
  return isPlain && !/\p{Cc}/u.test(key) && new TextEncoder().encode(key).length <= LONGEST_KEY_BYTES ? key : undefined;
}

/** One object: `s3://bucket/key` or `gs://bucket/key`. */
export const objectUrl = late(() =>
  z.string().check(
    z.refine((url) => {
      const key = keyOf(url);
      return key !== undefined && key !== "" && !key.endsWith("/");
    }, "expected s3://bucket/key or gs://bucket/key, without empty, . or .. steps"),
  ),
);

/** Whether a text is a bucket, or a prefix in one. */
export function isObjectPrefix(text: string): boolean {
  return keyOf(text) !== undefined;
}

/** What somebody is told who gave another text. */
export const PREFIX_EXPECTED = "expected s3://bucket/prefix/ or gs://bucket/prefix/, without empty, . or .. steps";

/** A bucket, or a prefix in one: `s3://bucket/prefix/` or `gs://bucket/prefix/`. */
export const objectPrefix = late(() => z.string().check(z.refine(isObjectPrefix, PREFIX_EXPECTED)));

/** A folder of the dispatcher's machine, or a prefix in an object store. Two letters make a scheme: `C:\\jobs` is a folder. */
export const templatePlace = late(() =>
  filledText().check(
    z.refine(
      (place) => !SCHEME.test(place) || keyOf(place) !== undefined,
      "expected a folder's path, or s3://bucket/prefix/ or gs://bucket/prefix/ without empty, . or .. steps",
    ),
  ),
);

const BUS = /^(?:[A-Za-z0-9._/-]{1,256}|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[A-Za-z0-9._/-]{1,256})$/;

/** What somebody is told who gave another text than an event bus. */
export const BUS_EXPECTED = "expected the name or the ARN of an event bus";

/** Whether a text is the name or the ARN of an event bus. */
export function isEventBus(text: string): boolean {
  return BUS.test(text);
}

/** Name or ARN of an event bus. */
export const eventBus = late(() => z.string().check(z.refine(isEventBus, BUS_EXPECTED)));

/** Whether a text is an SQS queue's URL, or a Pub/Sub topic's name. */
export function isQueue(text: string): boolean {
  return isHttpUrl(text) || isTopic(text);
}

/** Whether a text is a Pub/Sub topic's name. */
export function isTopic(text: string): boolean {
  return /^projects\/[^/]+\/topics\/[^/]+$/.test(text);
}

/** What somebody is told who gave another text. */
export const QUEUE_EXPECTED = "expected an SQS queue's URL, or a Pub/Sub topic as projects/P/topics/T";

/** Whether a text is an http:// or https:// URL. */
export function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:");
}
