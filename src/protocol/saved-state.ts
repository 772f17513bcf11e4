/** What a peer finds on its disk when it starts again. */
import type { Digest } from '../crypto/hash.ts';
import type { UnverifiedAbandon } from '../messages/abandon.ts';
import type { UnverifiedContribution } from '../messages/contribution.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { UnverifiedProposal } from '../messages/proposal.ts';
import type { UnverifiedVote } from '../messages/vote.ts';
import type { Chain } from './chain.ts';

/**
 * What a peer must never forget about one round on one anchor: everything that it signed, and its lock. Written
 * whole before any of it is published.
 */
export interface RoundMemory {
  readonly round: number;
  readonly anchor: Digest;
  /** The own contribution's header; the body is stored beside it under its digest. */
  readonly contribution?: UnverifiedContribution;
  readonly abandons: readonly UnverifiedAbandon[];
  /** Of the newest attempt that the peer has served in. */
  readonly attempt: number;
  readonly view: number;
  readonly votes: readonly UnverifiedVote[];
  readonly proposals: readonly UnverifiedProposal[];
  /** The proposal and its polka that the peer is locked on / holds valid (Tendermint's lockedValue, validValue). */
  readonly locked?: Pinned;
  readonly valid?: Pinned;
}

export interface Pinned {
  readonly view: number;
  /** `valueDigest` of the value with its outcome. */
  readonly value: Digest;
  readonly proposal: UnverifiedProposal;
}

export interface SavedState {
  /** The chain before the oldest of `decisions`; absent: genesis. */
  readonly chain?: Chain;
  /** The stored decisions from `chain.round` on, without bodies and without a gap. */
  readonly decisions: readonly UnverifiedDecision[];
  readonly memories: readonly RoundMemory[];
  /** The disk was lost: the peer may have signed what it does not know of. */
  readonly amnesiac: boolean;
}
