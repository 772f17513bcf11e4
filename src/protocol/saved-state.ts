/** What a peer finds on its disk when it starts again. */
import type { Digest } from '../crypto/hash.ts';
import type { UnverifiedAbandon } from '../messages/abandon.ts';
import type { UnverifiedContribution } from '../messages/contribution.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { UnverifiedProposal } from '../messages/proposal.ts';
import type { UnverifiedVote } from '../messages/vote.ts';

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
  /** Every stored decision from genesis on, without bodies. */
  readonly decisions: readonly UnverifiedDecision[];
  readonly memories: readonly RoundMemory[];
  /** Rounds that the application has behind it after its checkpoint and the stored updates were replayed. */
  readonly applied: number;
  readonly applicationDigest: Digest;
}
