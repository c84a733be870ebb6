/** Items of refused messages, as they are read back. */
import * as z from "zod/mini";
import { late } from "../core/late.ts";
import type { KeptMessage } from "../core/ports.ts";
import { camelCased } from "../schema/naming.ts";

/** Prefix of the key of a refused message's item. */
export const QUARANTINE = "quarantine#";

/** The part of the index of recent items that a message is in by the day of its first coming. */
export function quarantineShard(at: number): string {
  return `${QUARANTINE}${new Date(at).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

const item = late(() =>
  z.object({
    id: z.string(),
    code: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })),
    source: z.string(),
    message_id: z.optional(z.string()),
    run_id: z.optional(z.nullable(z.string())),
    sender_targets: z.optional(z.array(z.string())),
    cut: z.boolean(),
    seen: z.number(),
    redrives: z.optional(z.number()),
    created_at: z.number(),
    last_seen_at: z.number(),
  }),
);

/** A refused message without its text. */
export function keptMessage(read: unknown): KeptMessage {
  return { redrives: 0, ...camelCased(item().parse(read)) };
}
