/**
 * What a worker signs in a round: that the body with this digest and length is its contribution on top of the state
 * `anchor`. Small bodies travel inside the message, large ones are pulled by digest.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Verified } from './verified.ts';

export interface UnverifiedContribution {
  readonly kind: 'contribution';
  readonly round: number;
  /** Digest of the whole state that the round starts from: parameters, roster, seed. */
  readonly anchor: Digest;
  readonly worker: PeerId;
  /** SHA-256 of the body, and its length. */
  readonly digest: Digest;
  readonly byteLength: number;
  readonly signature: Uint8Array;
  /** The body itself, where it is small enough to travel inside the message; not part of what is signed. */
  readonly body?: Uint8Array;
}

export type ContributionMessage = Verified<UnverifiedContribution>;

/** A contribution in a proposer's list: enough for anyone to check that the worker signed it. */
export interface ListedContribution {
  readonly worker: PeerId;
  readonly digest: Digest;
  readonly byteLength: number;
  readonly signature: Uint8Array;
}
