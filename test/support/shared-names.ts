import type { SharedNames } from "../../shared/core/launcher.ts";

/** Shared names in memory: one object stands for one table. */
export function memorySharedNames(): SharedNames {
  const items = new Map<string, { value?: string; owner?: string; leaseUntil?: number }>();
  return {
    async claim(name, owner, now, leaseUntil) {
      const item = items.get(name);
      if (item?.value !== undefined) return { status: "made", value: item.value };
      if (item?.owner !== undefined && item.owner !== owner && (item.leaseUntil ?? 0) >= now) return { status: "busy" };
      items.set(name, { owner, leaseUntil });
      return { status: "ours", takenOver: item?.owner !== undefined };
    },
    async settle(name, owner, value) {
      if (items.get(name)?.owner === owner) items.set(name, value === undefined ? {} : { value });
    },
    async forget(name, value) {
      if (items.get(name)?.value === value) items.delete(name);
    },
  };
}
