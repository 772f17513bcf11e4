/** Who comes and goes: signed wishes of the peers themselves, and evidence that takes a peer's seat away. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { Evidence } from './evidence.ts';

export interface UnverifiedJoin {
  readonly kind: 'join';
  readonly peer: PeerId;
  /** The chain's round when the peer signed; a join is admitted for a stated number of rounds after it. */
  readonly round: number;
  readonly signature: Uint8Array;
  /** The owner's signature over the experiment and the peer, where the admission policy is an allow-list. */
  readonly permit?: Uint8Array;
}

export interface UnverifiedLeave {
  readonly kind: 'leave';
  readonly peer: PeerId;
  readonly round: number;
  readonly signature: Uint8Array;
}

export type RosterChange = UnverifiedJoin | UnverifiedLeave | Evidence;
