/** The buckets of requests, per account and region: how many at once, and how many more a second. */
export interface BucketSize {
  readonly burst: number;
  readonly perSecond: number;
}

export type BucketName =
  | "runTask"
  | "fargate"
  | "fargateSpot"
  | "fargateRunTask"
  | "registerTaskDefinition"
  | "describeTasks"
  | "describeTaskDefinition"
  | "tagResource";

/** `false`: no limit. */
export type BucketSizes = Readonly<Record<BucketName, BucketSize | false>>;

export const BUCKETS: BucketSizes = {
  runTask: { burst: 100, perSecond: 40 },
  fargate: { burst: 100, perSecond: 20 },
  fargateSpot: { burst: 100, perSecond: 20 },
  // Fargate's page on throttling has this second limit on the calls themselves. FACTS and the issue count without it.
  fargateRunTask: false,
  registerTaskDefinition: { burst: 20, perSecond: 1 },
  describeTasks: { burst: 100, perSecond: 20 },
  describeTaskDefinition: { burst: 50, perSecond: 20 },
  tagResource: { burst: 20, perSecond: 10 },
};

export interface Buckets {
  /** Takes that many tokens, or none and says so. */
  take(name: BucketName, tokens: number, now: number): boolean;
}

export function tokenBuckets(sizes: BucketSizes): Buckets {
  const levels = new Map<BucketName, { level: number; at: number }>();
  return {
    take(name, tokens, now) {
      const size = sizes[name];
      if (size === false) return true;
      const before = levels.get(name) ?? { level: size.burst, at: now };
      const level = Math.min(size.burst, before.level + ((now - before.at) / 1000) * size.perSecond);
      // A hair of tolerance: refills by the millisecond add up to 0.9999… of a token.
      const enough = level + 1e-9 >= tokens;
      levels.set(name, { level: enough ? level - tokens : level, at: now });
      return enough;
    },
  };
}
