/** The one processor of a simulated peer: what arrives waits for its turn, and costs time. */

/** What waits longer is lost: gossip that nobody repeats any more, a stream that was given up. */
const LONGEST_BACKLOG_MS = 5_000;

export class Processor {
  /** Virtual milliseconds that each copy costs; 0: as if nothing were there. */
  costMs = 0;
  private freeAtMs = 0;

  /** In how many milliseconds a copy that arrives now is dealt with; undefined: never. */
  take(nowMs: number): number | undefined {
    if (this.costMs === 0) return 0;
    const startMs = Math.max(nowMs, this.freeAtMs);
    if (startMs - nowMs > LONGEST_BACKLOG_MS) return undefined;
    this.freeAtMs = startMs + this.costMs;
    return this.freeAtMs - nowMs;
  }
}
