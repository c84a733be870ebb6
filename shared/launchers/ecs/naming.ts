import { createHash } from "node:crypto";

/** Longest family that ECS takes, less the hash that we append. */
const LONGEST_BASE = 255 - 13;

/** What a family may be made of: letters, digits, hyphens and underscores. */
export function slug(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

/** The family of a definition with this content: the same content, the same family, whoever registers it. */
export function familyOf(base: string, contentDigest: string): string {
  const valid = base.replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return `${(valid || "slipway").slice(0, LONGEST_BASE)}-${contentDigest.slice(0, 12)}`;
}

/** The key under which RunTask answers a repeat with the same task: 64 characters, the most that ECS takes. */
export function clientToken(deployment: string, key: string, attempt: number): string {
  return createHash("sha256").update(`${deployment}/${key}/${attempt}`).digest("hex");
}

/** Comes back in every event of the task. */
export function startedBy(deployment: string, key: string, attempt: number): string {
  return `slipway/${deployment}/${key}/${attempt}`;
}

const STARTED_BY = /^slipway\/(.+)\/([a-z2-7]{26})\/(\d+)$/;

/** The attempt that a task was started for; undefined for tasks of others. */
export function attemptOf(startedBy: string | undefined): { deployment: string; key: string; attempt: number } | undefined {
  const [, deployment, key, attempt] = STARTED_BY.exec(startedBy ?? "") ?? [];
  return deployment === undefined || key === undefined ? undefined : { deployment, key, attempt: Number(attempt) };
}
