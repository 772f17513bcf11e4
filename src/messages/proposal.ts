/**
 * What a proposer puts to the vote: an ordered list of contributions and roster changes, with its verifiable random
 * output for the beacon. The list decides everything else: each member computes update and next state from it.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Opening, UnverifiedOpening } from './abandon.ts';
import type { Decision, UnverifiedDecision } from './decision.ts';
import type { Value } from './value.ts';
import type { Signed, Verified } from './verified.ts';
import type { Certificate, UnverifiedCertificate } from './vote.ts';

export type { Value } from './value.ts';

export interface UnverifiedProposal {
  readonly kind: 'proposal';
  readonly round: number;
  readonly attempt: number;
  readonly view: number;
  readonly anchor: Digest;
  readonly proposer: PeerId;
  readonly value: Value;
  /** The quorum of prevotes that an earlier view gave to the value; absent for a fresh value. */
  readonly polka?: UnverifiedCertificate;
  /** Why this attempt may run; present above attempt 0. */
  readonly opening?: UnverifiedOpening;
  /** The abandoned attempt's decision, where the opening says that a peer holds it: the only value allowed then. */
  readonly held?: UnverifiedDecision;
  readonly signature: Uint8Array;
}

/** The proposer has signed it, and the author its value. */
export type SignedProposal = Signed<UnverifiedProposal>;

/** Its value may stand in its view: what it carries allows that, and was checked with it. */
export type Proposal = Verified<
  SignedProposal & { readonly polka?: Certificate; readonly opening?: Opening; readonly held?: Decision }
>;
