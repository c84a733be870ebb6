import { createHmac, randomBytes } from "node:crypto";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { HttpProblem } from "./problem.ts";

/** So many wrong credentials a minute are looked at for one address. */
const MOST_FAILURES = 20;
const PER_SECONDS = 60;
/** Addresses are counted in so many pots: an attacker with many must not be able to fill the memory. */
const POTS = 4096;
const MOST_KNOWN = 1024;

/** Bounds how often one address may try credentials; each instance of a function counts by itself. */
export interface FailedSignIns {
  /** Throws TOO_MANY_FAILURES where the address has failed too often, unless it got in with this very credential before. */
  refuse(address: string, credential: string): Promise<void>;
  /** Counts a credential that was not found right. */
  failed(address: string): Promise<void>;
  /** Whoever got in is not kept out by others that share the address. */
  succeeded(address: string, credential: string): void;
}

/** Counts in memory. */
export function failedSignIns(): FailedSignIns {
  const limiter = new RateLimiterMemory({ points: MOST_FAILURES, duration: PER_SECONDS });
  // Salted: nobody can look for addresses that share a pot with another's.
  const salt = randomBytes(16);
  const hashed = (text: string) => createHmac("sha256", salt).update(text).digest();
  const potOf = (address: string) => String(hashed(networkOf(address)).readUInt16BE(0) % POTS);
  const known = new Set<string>();
  const nameOf = (address: string, credential: string) => hashed(`${address}\n${credential}`).toString("base64");
  return {
    async refuse(address, credential) {
      if (known.has(nameOf(address, credential))) return;
      const count = await limiter.get(potOf(address));
      if (count === null || count.consumedPoints < MOST_FAILURES) return;
      throw new HttpProblem("TOO_MANY_FAILURES", "too many credentials that were not found right came from this address", {
        headers: { "retry-after": String(Math.max(1, Math.ceil(count.msBeforeNext / 1000))) },
      });
    },
    async failed(address) {
      await limiter.penalty(potOf(address));
    },
    succeeded(address, credential) {
      const name = nameOf(address, credential);
      // Last in the order of the set is who came last.
      known.delete(name);
      known.add(name);
      if (known.size > MOST_KNOWN) for (const oldest of known) return void known.delete(oldest);
    },
  };
}

/** One subscriber has a whole /64 of IPv6. */
function networkOf(address: string): string {
  return address.includes(":") && !address.includes(".") ? address.split(":").slice(0, 4).join(":") : address;
}
