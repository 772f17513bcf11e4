/** What a round decides upon: an ordered list of contributions and roster changes, from which all else follows. */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { ListedContribution } from './contribution.ts';
import type { RosterChange } from './roster-change.ts';

/** What is decided upon. It keeps its author and its view when a later proposer proposes it again. */
export interface Value {
  readonly round: number;
  readonly attempt: number;
  readonly view: number;
  readonly anchor: Digest;
  readonly author: PeerId;
  /** Sorted by worker; one per worker. */
  readonly contributions: readonly ListedContribution[];
  readonly changes: readonly RosterChange[];
  /** The author's proof of its verifiable random output on (experiment, seed, round). */
  readonly beaconProof: Uint8Array;
  /** The author's signature over the value as its own fresh proposal. */
  readonly signature: Uint8Array;
}
