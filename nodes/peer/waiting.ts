/** What a peer says while no round is decided, so that no silence is without a reason. */
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { namesOf } from './round-story.ts';

/** Silence of a peer that is told of, at first; each further word waits twice as long, up to the longest. */
const FIRST_WORD_MS = 5_000;
const LONGEST_GAP_MS = 120_000;
/** A round in which nothing is wrong may take so many times as long as the last such round before it is told of. */
const USUAL_TIMES = 2;

export class Patience {
  private since: number;
  private usualMs = 0;
  private nextMs = FIRST_WORD_MS;

  constructor(nowMs: number) {
    this.since = nowMs;
  }

  /** A round was decided. `isWhole`: in its first view, with everyone's contribution; it took what rounds take here. */
  reset(nowMs: number, isWhole: boolean): void {
    if (isWhole) this.usualMs = nowMs - this.since;
    this.since = nowMs;
    this.nextMs = Math.max(FIRST_WORD_MS, USUAL_TIMES * this.usualMs);
  }

  /** Whether it is time for a word, and after how many seconds of silence. */
  word(nowMs: number): number | undefined {
    const waited = nowMs - this.since;
    if (waited < this.nextMs) return undefined;
    this.nextMs = waited + Math.min(waited, LONGEST_GAP_MS);
    return Math.round(waited / 1000);
  }
}

/** Who is missing, and what the round waits for. */
export function waitingFor(
  seats: readonly PeerId[],
  self: PeerId,
  connected: readonly PeerId[],
  reason: string,
): { readonly connected: number; readonly missing: number; readonly why: string } {
  const others = seats.filter((peer) => peer !== self);
  const missing = others.filter((peer) => !connected.includes(peer));
  const why = missing.length === 0 ? reason : `${reason}; not connected: ${namesOf(missing)}`;
  return { connected: others.length - missing.length, missing: missing.length, why };
}
