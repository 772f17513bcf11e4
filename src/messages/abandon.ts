/**
 * A peer's statement that it waits no longer for an attempt of a round, and which decision of that attempt it holds.
 * More than two thirds of the serving peers saying so open the next attempt (docs/protocol.md, "When a committee fails").
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Verified } from './verified.ts';

export interface UnverifiedAbandon {
  readonly kind: 'abandon';
  readonly round: number;
  readonly attempt: number;
  readonly anchor: Digest;
  readonly peer: PeerId;
  /** The newest decision of the round that the peer holds, of this attempt or an earlier one; null: none. */
  readonly holds: Held | null;
  readonly signature: Uint8Array;
}

/** A decision, by the attempt that decided and the digest of its value. */
export interface Held {
  readonly attempt: number;
  readonly value: Digest;
}

export function isSameHold(a: Held | null, b: Held | null): boolean {
  return a?.attempt === b?.attempt && a?.value === b?.value;
}

export type Abandon = Verified<UnverifiedAbandon>;

/** Statements of more than two thirds of the serving peers about one attempt, sorted by peer. */
export interface UnverifiedOpening {
  readonly round: number;
  /** The attempt that was abandoned; the opening admits the one after it. */
  readonly attempt: number;
  readonly anchor: Digest;
  readonly statements: readonly OpeningStatement[];
}

export interface OpeningStatement {
  readonly peer: PeerId;
  readonly holds: Held | null;
  readonly signature: Uint8Array;
}

export type Opening = Verified<UnverifiedOpening>;
