/**
 * Two conflicting statements that one peer signed: transferable, checked by anyone offline. What an honest peer signs
 * once per slot: a contribution per (round, anchor), a fresh or repeated proposal per view, a vote per view and phase, an
 * abandonment per attempt. (Who abandoned an attempt holding no decision says so again when it holds one later.)
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Held } from './abandon.ts';
import type { VotePhase } from './vote.ts';

export type SignedStatement =
  | {
      readonly about: 'contribution';
      readonly digest: Digest;
      readonly byteLength: number;
      readonly signature: Uint8Array;
    }
  | {
      readonly about: 'proposal';
      /** Digest of the proposed value. */
      readonly value: Digest;
      readonly signature: Uint8Array;
    }
  | {
      readonly about: 'vote';
      readonly value: Digest | null;
      readonly signature: Uint8Array;
    }
  | {
      readonly about: 'abandon';
      readonly holds: Held | null;
      readonly signature: Uint8Array;
    };

export type EvidenceSlot =
  | { readonly about: 'contribution'; readonly round: number; readonly anchor: Digest }
  | {
      readonly about: 'proposal';
      readonly round: number;
      readonly attempt: number;
      readonly view: number;
      readonly anchor: Digest;
    }
  | {
      readonly about: 'vote';
      readonly phase: VotePhase;
      readonly round: number;
      readonly attempt: number;
      readonly view: number;
      readonly anchor: Digest;
    }
  | {
      readonly about: 'abandon';
      readonly round: number;
      readonly attempt: number;
      readonly anchor: Digest;
    };

export interface Evidence {
  readonly kind: 'evidence';
  readonly peer: PeerId;
  readonly slot: EvidenceSlot;
  /** In ascending order of the 32 bytes that each signs, so that one pair has one encoding. */
  readonly first: SignedStatement;
  readonly second: SignedStatement;
}
