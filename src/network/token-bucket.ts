/**
 * A token bucket on a clock that the caller passes: so many units a second, so many at once. What something cost may be
 * known only afterwards, so an account can run into debt, down to what it fills in DEBT_SECONDS.
 */
import type { Rate } from './budget-table.ts';

const DEBT_SECONDS = 30;

export class TokenBucket {
  private tokens: number;
  private refilledAtMs: number;
  private readonly rate: Rate;

  constructor(rate: Rate, nowMs: number) {
    this.rate = rate;
    this.tokens = rate.burst;
    this.refilledAtMs = nowMs;
  }

  /** Takes the units, or none of them where there are too few. */
  take(units: number, nowMs: number): boolean {
    this.refill(nowMs);
    if (units > this.tokens) return false;
    this.tokens -= units;
    return true;
  }

  /** Takes the units whether or not they are there; negative units are given back. */
  charge(units: number, nowMs: number): void {
    this.refill(nowMs);
    const { perSecond, burst } = this.rate;
    if (burst === Infinity) return;
    this.tokens = Math.min(burst, Math.max(this.tokens - units, -DEBT_SECONDS * perSecond));
  }

  /** Milliseconds until the account is out of debt; 0 where it is. */
  debtMs(nowMs: number): number {
    this.refill(nowMs);
    return this.tokens > 0 ? 0 : Math.ceil(((1 - this.tokens) * 1000) / this.rate.perSecond);
  }

  private refill(nowMs: number): void {
    const { perSecond, burst } = this.rate;
    if (burst === Infinity) return;
    const elapsedMs = Math.max(0, nowMs - this.refilledAtMs);
    this.tokens = Math.min(burst, this.tokens + (elapsedMs * perSecond) / 1000);
    this.refilledAtMs = nowMs;
  }
}
