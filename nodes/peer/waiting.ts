/** What a peer says while no round is decided, so that no silence is without a reason. */
import type { Experiment } from '../../src/config/experiment.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';

/** Silence of a peer that is told of, at first; each further word waits twice as long, up to the longest. */
const FIRST_WORD_MS = 10_000;
const LONGEST_GAP_MS = 120_000;
const MOST_NAMED = 5;

export class Patience {
  private since: number;
  private nextMs = FIRST_WORD_MS;

  constructor(nowMs: number) {
    this.since = nowMs;
  }

  /** Something went forward. */
  reset(nowMs: number): void {
    this.since = nowMs;
    this.nextMs = FIRST_WORD_MS;
  }

  /** Whether it is time for a word, and after how many seconds of silence. */
  word(nowMs: number): number | undefined {
    const waited = nowMs - this.since;
    if (waited < this.nextMs) return undefined;
    this.nextMs = waited + Math.min(waited, LONGEST_GAP_MS);
    return Math.round(waited / 1000);
  }
}

/** Who is missing, and what a round cannot do without. */
export function waitingFor(
  experiment: Experiment,
  self: PeerId,
  connected: readonly PeerId[],
): { readonly connected: number; readonly missing: number; readonly why: string } {
  const others = experiment.roster.filter((peer) => peer !== self);
  const missing = others.filter((peer) => !connected.includes(peer));
  const named = missing.slice(0, MOST_NAMED).map((peer) => peer.slice(-6));
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
  const needs =
    `a round needs ${experiment.cohort.minimum} contributions` +
    ` and more than two thirds of a committee of ${experiment.committee.size}`;
  const why =
    missing.length === 0
      ? `everyone is connected; ${needs}`
      : `no ...${named.join(', ...')}${more}; ${needs}`;
  return { connected: others.length - missing.length, missing: missing.length, why };
}
