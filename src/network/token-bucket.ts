/** A token bucket on a clock that the caller passes: so many units a second, so many at once. */
export class TokenBucket {
  private tokens: number;
  private refilledAtMs: number;
  private readonly perSecond: number;
  private readonly burst: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.refilledAtMs = nowMs;
  }

  /** Takes the units, or none of them where there are too few. */
  take(units: number, nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.refilledAtMs);
    this.tokens = Math.min(this.burst, this.tokens + (elapsedMs * this.perSecond) / 1000);
    this.refilledAtMs = nowMs;
    if (units > this.tokens) return false;
    this.tokens -= units;
    return true;
  }
}

const MAX_BUCKETS = 8_192;

/** One bucket per peer. A peer keeps its bucket when it reconnects; the longest unused one goes where there are too many. */
export class PeerBuckets {
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly perSecond: number;
  private readonly burst: number;

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
  }

  take(peer: string, units: number, nowMs: number): boolean {
    const bucket = this.buckets.get(peer) ?? new TokenBucket(this.perSecond, this.burst, nowMs);
    this.buckets.delete(peer);
    this.buckets.set(peer, bucket);
    if (this.buckets.size > MAX_BUCKETS) {
      for (const oldest of this.buckets.keys()) {
        this.buckets.delete(oldest);
        break;
      }
    }
    return bucket.take(units, nowMs);
  }
}
