/**
 * Whose word about later rounds is worth a question. A claim that a seat has signed is asked about; where nothing comes of
 * it, the next claim of its author is not for a while, twice as long each time. Rounds that turn out to be there clear
 * it. An honest author that is doubted costs no more than the catch-up timer's time: that asks everyone in turn.
 */
import type { PeerId } from '../../crypto/peer-id.ts';

/** So often is the while doubled at most: 64 claim intervals. */
const MAX_DOUBLINGS = 6;

export interface Claim {
  readonly author: PeerId;
  readonly round: number;
}

interface Doubt {
  /** The newest round that it spoke of in vain. */
  readonly round: number;
  readonly times: number;
  readonly untilMs: number;
}

export class DoubtedClaims {
  private readonly doubts = new Map<PeerId, Doubt>();
  /** The claim that led to the open question. */
  private asked: Claim | undefined;

  isDoubted(author: PeerId, nowMs: number): boolean {
    const doubt = this.doubts.get(author);
    return doubt !== undefined && nowMs < doubt.untilMs;
  }

  /** A question is asked, because of a claim or without one. */
  ask(claim: Claim | undefined): void {
    this.asked = claim;
  }

  /** The question has come to nothing. */
  inVain(nowMs: number, intervalMs: number): void {
    const { asked } = this;
    this.asked = undefined;
    if (asked === undefined) return;
    const times = Math.min((this.doubts.get(asked.author)?.times ?? 0) + 1, MAX_DOUBLINGS);
    this.doubts.set(asked.author, { round: asked.round, times, untilMs: nowMs + intervalMs * 2 ** times });
  }

  /** It has led to decisions. */
  borneOut(): void {
    if (this.asked !== undefined) this.doubts.delete(this.asked.author);
    this.asked = undefined;
  }

  /** The head moved to a round: who spoke of it, or of one before, was right. Who has no seat any more is forgotten. */
  reached(round: number, isHeard: (peer: PeerId) => boolean): void {
    for (const [author, doubt] of this.doubts) {
      if (doubt.round <= round || !isHeard(author)) this.doubts.delete(author);
    }
    if (this.asked !== undefined && this.asked.round <= round) this.asked = undefined;
  }

  get size(): number {
    return this.doubts.size;
  }
}
