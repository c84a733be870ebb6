/** Random sequences of the run table's own writes, some that fit the item as it is and some that come too late. */
import type { RunRecord } from "../../shared/core/record.ts";
import type { Write } from "../../shared/core/write.ts";
import type { Attempt, NewRun } from "../../shared/core/writes/parts.ts";
import { writes } from "../support/all-writes.ts";
import { failureOf } from "../support/service-double.ts";
import { START } from "./virtual-time.ts";

const STATES = ["ACCEPTED", "WAITING", "LAUNCHING", "LAUNCHED", "RUNNING", "LOST", "REJECTED"] as const;

/** A write that may be made of the item at this time. */
export function randomWrite(random: () => number, key: string, item: RunRecord | undefined, now: number): Write {
  const upTo = (most: number) => Math.floor(random() * most);
  const pick = <Value>(values: readonly [Value, ...Value[]]): Value => values[upTo(values.length)] ?? values[0];
  // Mostly as it was just read; else as somebody remembers it. A tombstone is seen by none but its own write.
  const fits = random() < 0.75 && item?.state !== undefined;
  const seen: RunRecord =
    fits && item !== undefined ? item : { id: key, key, attempt: upTo(3), state: pick(STATES), owner: pick(["one", "two"]) };
  const attempt: Attempt = {
    attempt: seen.attempt + 1,
    now,
    owner: pick(["one", "two"]),
    leaseUntil: now + upTo(75_000),
    target: pick(["here", "there"]),
    launcher: "local",
    place: "place",
    planDigest: "plan",
    ...(random() < 0.3 ? { template: { path: "s3://b/t.yml", version: "v1" } } : {}),
  };
  const lease = { attempt: seen.attempt, owner: seen.owner ?? "one", ...(seen.timeline === undefined ? {} : { timeline: seen.timeline }) };
  const error = { code: "CODE", message: "some reason", class: "capacity", ...(random() < 0.5 ? { hint: "a hint" } : {}) } as const;
  const handle = {
    id: fits && item?.handle !== undefined ? item.handle : `${key}-${seen.attempt}`,
    ...(random() < 0.5 ? { links: { log: "/x" } } : {}),
  };
  const evidence = { attempt: seen.attempt, now, handle, ...(random() < 0.4 ? { version: upTo(4) } : {}) };
  const expiresAt = Math.ceil(now / 1000) + 86_400;
  const run: NewRun = {
    id: key,
    attempt: 0,
    digest: pick(["digest", "another"]),
    request: new Uint8Array([1, 2, upTo(255)]),
    labels: random() < 0.5 ? [] : ["a", "b"],
    type: "UniversalRun",
    createdAt: now,
    activeShard: `a#${upTo(2)}`,
    recentShard: "20260105#0",
    ...(random() < 0.5 ? { name: "jolly-otter", senderTargets: ["*"] } : {}),
  };
  const make: readonly [() => Write, ...(() => Write)[]] = [
    () => writes.accept(run, now, now + upTo(60_000)),
    () => writes.claimNew(run, attempt),
    () => writes.endNew(run, pick(["REJECTED", "EXPIRED"]), error, now, expiresAt),
    () => writes.endSeen(seen, pick(["REJECTED", "CANCELLED", "EXPIRED"]), random() < 0.5 ? error : undefined, now, expiresAt),
    () => writes.claimSeen(seen, attempt),
    () => writes.claimSeen(seen, attempt),
    () => writes.resume(seen, { attempt: seen.attempt, owner: "three", now, leaseUntil: now + 75_000 }),
    () => writes.nextAttempt(lease, attempt, failureOf("capacity")),
    () => writes.recordAccepted(lease, handle, { now, nextCheckAt: now + 5000 }),
    () => writes.recordAccepted(lease, handle, { now, nextCheckAt: now + 5000 }),
    () => writes.recordUnknown(lease, error, { now, calledAt: now, dueAt: now + 30_000 }),
    () =>
      writes.recordWaiting(lease, error, {
        now,
        dueAt: now + 30_000,
        nextCheckAt: now + 30_000,
        ...(random() < 0.5 ? { giveUpAt: now + 100_000 } : {}),
      }),
    () => writes.recordRejected(lease, error, now, expiresAt),
    () => writes.observeAlive(evidence, pick(["LAUNCHED", "RUNNING"]), random() < 0.5 ? now - 5 : undefined, now + 5000),
    () => writes.observeEnded(evidence, { state: "SUCCEEDED", exitCode: 0 }, { endedAt: now, expiresAt }),
    () => writes.observeEnded(evidence, { state: "LOST", reason: "gone" }, { endedAt: now, expiresAt }),
    () =>
      writes.observeEnded(
        evidence,
        { state: "FAILED", failure: { class: "app_error", exitCode: 3, reason: "said 3" } },
        { startedAt: now - 9, endedAt: now, expiresAt },
      ),
    () => writes.noteMissing(seen, now, now + 5000),
    () => writes.markLost(seen, "gone", { now, expiresAt }),
    () => writes.requestCancel(now),
    () => writes.tombstone(key, now, expiresAt),
    () => writes.cancelTombstone(run, now, expiresAt),
    () => writes.bump(seen.nextCheckAt ?? START, now + 120_000),
    () => writes.relaunch(evidence, 2, error, now + 30_000),
    () => writes.reopen(seen, now),
  ];
  return pick(make)();
}
