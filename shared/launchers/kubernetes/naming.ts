/** Names and labels as Kubernetes takes them. */
import { createHash } from "node:crypto";
import type { Launch } from "../../core/launcher.ts";

const LONGEST_NAME = 63;
const LONGEST_LABEL = 63;
const HASH = 10;

/** Annotations and labels of ours: every Job has the first three, the digest is added when it is sent. */
export const OURS = {
  deployment: "slipway/deployment",
  runId: "slipway/run-id",
  attempt: "slipway/attempt",
  key: "slipway/key",
  planDigest: "slipway/plan-digest",
  templateName: "slipway/template-name",
} as const;

/** The name of an attempt's Job: made of these and of nothing else, so that a repeated call meets the first one's Job. */
export function jobName({ deployment, key, attempt }: Pick<Launch, "deployment" | "key" | "attempt">): string {
  const rest = `-${key}-${attempt}`;
  return `${shortened(`slipway-${deployment}`, LONGEST_NAME - rest.length)}${rest}`;
}

/** A label's value for a text: the text itself where it is one, else its letters and digits and a hash of the whole. */
export function labelValue(text: string): string {
  if (text.length <= LONGEST_LABEL && (text === "" || LABEL_VALUE.test(text))) return text;
  const readable = text.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  const start = readable.slice(0, LONGEST_LABEL - HASH - 1).replaceAll(/[^A-Za-z0-9]+$/g, "");
  return start === "" ? hashOf(text) : `${start}-${hashOf(text)}`;
}

/** What is wrong with a label's value; undefined for one that Kubernetes takes. */
export function labelValueProblem(value: string): string | undefined {
  const fits = value.length <= LONGEST_LABEL && (value === "" || LABEL_VALUE.test(value));
  return fits ? undefined : "expected at most 63 letters, digits, hyphens, underscores and dots, a letter or digit first and last";
}

/** What is wrong with the key of a label or an annotation. */
export function keyProblem(key: string): string | undefined {
  const [name = "", prefix, ...more] = key.split("/").reverse();
  const fits = name.length <= 63 && LABEL_VALUE.test(name) && (prefix === undefined || isSubdomain(prefix)) && more.length === 0;
  return fits
    ? undefined
    : "expected a name of at most 63 letters, digits, hyphens, underscores and dots, with or without a domain and / before it";
}

/** Whether a text is a name as most of Kubernetes' objects have it. */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && SUBDOMAIN.test(text);
}

const LABEL_VALUE = /^[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - HASH - 1)}-${hashOf(text)}`;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, HASH);
}
