/**
 * The consensus state that every honest peer holds after the same decisions: the round to be played, the anchor that
 * covers the application's digest, the roster and the seed. Small: the model stays behind the application's digest.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';

export interface Seat {
  readonly peer: PeerId;
  /** Cohorts in a row that the peer was drawn into without contributing. */
  readonly missedCohorts: number;
}

export interface Roster {
  /** Who may be sampled, sorted by peer id. */
  readonly seats: readonly Seat[];
  /** Convicted peers, sorted; they never come back. */
  readonly excluded: readonly PeerId[];
}

export interface Chain {
  /** The round that is to be decided next; 0 at genesis. */
  readonly round: number;
  /** Digest over everything below and the round: what statements of this round are signed on. */
  readonly anchor: Digest;
  readonly applicationDigest: Digest;
  readonly roster: Roster;
  /** The beacon's seed of `round`: draws the cohort. */
  readonly seed: Uint8Array;
  /** The seed of the round before (at genesis: the same): draws the committee, which so is known one round ahead. */
  readonly previousSeed: Uint8Array;
}
