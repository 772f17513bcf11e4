/** A committee member's vote in one view of one attempt (Tendermint, arXiv 1807.04938), and a quorum of them. */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Verified } from './verified.ts';

export type VotePhase = 'prevote' | 'precommit';

export interface UnverifiedVote {
  readonly kind: 'vote';
  readonly phase: VotePhase;
  readonly round: number;
  readonly attempt: number;
  readonly view: number;
  readonly anchor: Digest;
  readonly voter: PeerId;
  /** The value's digest (`valueDigest`), or null for nil. */
  readonly value: Digest | null;
  readonly signature: Uint8Array;
}

export type Vote = Verified<UnverifiedVote>;

/** More than two thirds of a committee's votes for one value. */
export interface UnverifiedCertificate {
  readonly phase: VotePhase;
  readonly round: number;
  readonly attempt: number;
  readonly view: number;
  readonly anchor: Digest;
  readonly value: Digest;
  /** Bit i (least significant first) stands for member i of the committee in its sampled order. */
  readonly signers: Uint8Array;
  /** One signature for every set bit, in order. */
  readonly signatures: readonly Uint8Array[];
}

export type Certificate = Verified<UnverifiedCertificate>;
