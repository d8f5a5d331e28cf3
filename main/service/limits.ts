/** Token buckets in memory: so many requests at once, so many a second after that. Pure. */

export interface BucketOptions {
  /** Tokens that come back in a second. */
  readonly perSecond: number;
  /** Tokens of a full bucket: what may come at once. */
  readonly burst: number;
  /** Buckets that are remembered; the one that was not asked for longest goes first. */
  readonly most?: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export class TokenBuckets {
  private readonly options: Required<BucketOptions>;
  private readonly now: () => number;
  /** In the order of their last use. */
  private readonly buckets = new Map<string, Bucket>();

  constructor(options: BucketOptions, now: () => number = Date.now) {
    this.options = { most: 10_000, ...options };
    this.now = now;
  }

  /** Seconds until there is a token again, rounded up to whole ones; 0 when there is one now. */
  wait(name: string): number {
    const { tokens } = this.filled(name);
    return tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / this.options.perSecond));
  }

  /** Takes a token; gives 0, or the seconds to wait where there was none. */
  take(name: string): number {
    const wait = this.wait(name);
    if (wait === 0) this.filled(name).tokens--;
    return wait;
  }

  get size(): number {
    return this.buckets.size;
  }

  private filled(name: string): Bucket {
    const now = this.now();
    const { perSecond, burst, most } = this.options;
    const known = this.buckets.get(name);
    const bucket = known ?? { tokens: burst, atMs: now };
    // A clock that is set back gives nothing and takes nothing.
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = now;
    this.buckets.delete(name);
    this.buckets.set(name, bucket);
    if (this.buckets.size > most) {
      const [oldest] = this.buckets.keys();
      if (oldest !== undefined) this.buckets.delete(oldest);
    }
    return bucket;
  }
}

/** How many of a kind run at once for each name. */
export class Slots {
  private readonly most: number;
  private readonly taken = new Map<string, number>();

  constructor(most: number) {
    this.most = most;
  }

  /** Gives what frees it (once), or undefined where all are taken. */
  take(name: string): (() => void) | undefined {
    const count = this.taken.get(name) ?? 0;
    if (count >= this.most) return undefined;
    this.taken.set(name, count + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.taken.get(name) ?? 1) - 1;
      if (left === 0) this.taken.delete(name);
      else this.taken.set(name, left);
    };
  }

  get size(): number {
    let sum = 0;
    for (const count of this.taken.values()) sum += count;
    return sum;
  }
}
