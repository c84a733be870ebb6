import type { SharedNames } from "../../shared/core/launcher.ts";

/** Shared names in memory: one object stands for one table. */
export function memorySharedNames(): SharedNames {
  const items = new Map<string, { value?: string; owner?: string; leaseUntil?: number; group?: string; usedAt?: number }>();
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
    async used(name, value, group, now, notedSince) {
      const item = items.get(name);
      if (item?.value === value && (item.usedAt ?? Number.NEGATIVE_INFINITY) < notedSince) items.set(name, { ...item, group, usedAt: now });
    },
    async unused(group, before, most) {
      const found = [...items].filter(([, item]) => item.group === group && (item.usedAt ?? before) < before);
      const sorted = found.sort(([, one], [, other]) => (one.usedAt ?? 0) - (other.usedAt ?? 0));
      return sorted.slice(0, most).flatMap(([name, { value }]) => (value === undefined ? [] : [{ name, value }]));
    },
    async retire(name, value, before) {
      const item = items.get(name);
      return item?.value === value && (item.usedAt ?? before) < before && items.delete(name);
    },
  };
}
