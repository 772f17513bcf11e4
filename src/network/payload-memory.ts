/**
 * What has been decided about payloads of late. A relay is judged by what it passes on: a payload that was accepted is
 * judged again, at most once per interval, and travels on only where it is still of use; once it is not, it is settled
 * and dropped, whatever nonce it comes with. The oldest goes when the memory is full; it is then judged anew.
 */
import { MAX_REMEMBERED_PAYLOADS, REBROADCAST_INTERVAL_MS } from './limits.ts';

/** Settled: what arrives under the key is dropped or rejected, whoever brings it. */
export type PayloadStanding = 'unknown' | 'accepted' | 'settled';

interface Entry {
  readonly verdict: 'accepted' | 'settled' | 'rejected';
  passedOnAtMs: number;
}

export class PayloadMemory {
  private readonly entries = new Map<string, Entry>();
  /** Payloads that wait for a verdict, and since when: one that a handler forgot is judged anew after the deadline. */
  private readonly pending = new Map<string, number>();
  private readonly deadlineMs: number;

  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs;
  }

  /** What to do with an arriving payload: ask the handler (again), drop it, or reject it without asking. */
  arrive(key: string, nowMs: number): 'judge' | 'judge-again' | 'drop' | 'reject' {
    const since = this.pending.get(key);
    if (since !== undefined && nowMs - since <= this.deadlineMs) return 'drop';
    const entry = this.entries.get(key);
    if (entry === undefined) return 'judge';
    if (entry.verdict === 'rejected') return 'reject';
    return entry.verdict === 'accepted' && this.maySend(key, nowMs) ? 'judge-again' : 'drop';
  }

  standing(key: string): PayloadStanding {
    const entry = this.entries.get(key);
    if (entry === undefined) return 'unknown';
    return entry.verdict === 'accepted' ? 'accepted' : 'settled';
  }

  begin(key: string, nowMs: number): void {
    this.pending.delete(key);
    this.pending.set(key, nowMs);
    for (const [oldest, since] of this.pending) {
      if (nowMs - since <= this.deadlineMs) break;
      this.pending.delete(oldest);
    }
  }

  /** 'ignore' is not remembered, the same payload may be welcome later; but it settles what was accepted before. */
  decide(key: string, verdict: 'accept' | 'ignore' | 'reject', nowMs: number): void {
    this.pending.delete(key);
    if (verdict === 'ignore') {
      if (this.entries.has(key)) this.remember(key, 'settled', nowMs);
      return;
    }
    this.remember(key, verdict === 'accept' ? 'accepted' : 'rejected', nowMs);
  }

  /** Before our own publication: the first, a rebroadcast, or one that comes too soon after the last. */
  publish(key: string, nowMs: number): 'first' | 'again' | 'too-soon' {
    if (this.entries.get(key)?.verdict !== 'accepted') {
      this.remember(key, 'accepted', nowMs);
      return 'first';
    }
    return this.maySend(key, nowMs) ? 'again' : 'too-soon';
  }

  clear(): void {
    this.entries.clear();
    this.pending.clear();
  }

  get size(): number {
    return this.entries.size + this.pending.size;
  }

  private maySend(key: string, nowMs: number): boolean {
    const entry = this.entries.get(key);
    if (entry === undefined || nowMs - entry.passedOnAtMs < REBROADCAST_INTERVAL_MS) return false;
    entry.passedOnAtMs = nowMs;
    return true;
  }

  private remember(key: string, verdict: Entry['verdict'], nowMs: number): void {
    this.entries.delete(key);
    this.entries.set(key, { verdict, passedOnAtMs: nowMs });
    if (this.entries.size <= MAX_REMEMBERED_PAYLOADS) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      break;
    }
  }
}
