/** What a peer finds on its disk when it starts again. */
import type { Digest } from '../crypto/hash.ts';
import type { UnverifiedAbandon } from '../messages/abandon.ts';
import type { UnverifiedContribution } from '../messages/contribution.ts';
import type { Outcome, UnverifiedDecision } from '../messages/decision.ts';
import type { UnverifiedProposal, Value } from '../messages/proposal.ts';
import type { UnverifiedCertificate, UnverifiedVote } from '../messages/vote.ts';
import type { UnverifiedOpened } from '../messages/opening.ts';
import type { Chain } from './chain/chain.ts';

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
  /**
   * The decision that the newest of them names, without its body, where the peer may not adopt it: who says that it
   * holds one must be able to show it, also after a crash, or else its word counts for nobody.
   */
  readonly held?: UnverifiedDecision;
  /** The newest attempt and view that the peer has voted in: it votes in no earlier one. */
  readonly attempt: number;
  readonly view: number;
  /** Own votes of that view and the one before, and the own proposal of that view. */
  readonly votes: readonly UnverifiedVote[];
  readonly proposal?: UnverifiedProposal;
  /** Tendermint's lockedValue and validValue, of `attempt`. */
  readonly locked?: Pinned;
  readonly valid?: Pinned;
}

/** A value that a quorum prevoted for. */
export interface Pinned {
  readonly view: number;
  /** `valueDigest`. */
  readonly digest: Digest;
  readonly value: Value;
  readonly outcome: Outcome;
  readonly polka: UnverifiedCertificate;
  /**
   * Of an attempt after the first: the opening that allows the value there, as its proposal carried it. An attempt can
   * be opened in several ways, of which some force another value; a decision must carry one that allows its own.
   */
  readonly opened?: UnverifiedOpened;
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
