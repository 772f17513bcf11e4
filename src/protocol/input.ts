/** Everything that a Machine can be told. */
import type { UnverifiedDecision, Outcome } from '../messages/decision.ts';
import type { Digest } from '../crypto/hash.ts';
import type { Message } from '../messages/message.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { ContributionFault } from './fault.ts';
import type { SavedState } from './saved-state.ts';

/** Timers are named by what they are for; setting one again replaces it. */
export type Timer =
  | 'collect'
  /** Of the view's propose or prevote phase, whichever runs. */
  | 'phase'
  /** Of the view's precommits. */
  | 'precommit'
  /** Of the votes that an own vote is to be joined by. */
  | 'quorum'
  | 'attempt'
  | 'rebroadcast'
  | 'catchUp'
  /** While it runs, nobody's word about later rounds leads to a question. */
  | 'claim'
  | 'announce';

export type Input =
  /** Once, first. */
  | { readonly type: 'start'; readonly saved: SavedState }
  /** The operator wants to give up the seat. */
  | { readonly type: 'leave' }
  /** Something decoded; `from` is whoever handed it to us, which is this peer itself for its own messages. */
  | { readonly type: 'message'; readonly message: Message; readonly from: PeerId }
  /** A peer has come within reach: what was said before did not reach it. */
  | { readonly type: 'met'; readonly peer: PeerId }
  | { readonly type: 'timeout'; readonly timer: Timer; readonly token: number }
  /** The own contribution is computed; its body is kept by the environment under its digest. */
  | {
      readonly type: 'trained';
      readonly anchor: Digest;
      readonly digest: Digest;
      readonly byteLength: number;
    }
  /** A contribution's body is here and was checked, or not. */
  | {
      readonly type: 'fetched';
      readonly anchor: Digest;
      readonly worker: PeerId;
      readonly digest: Digest;
      readonly fault?: ContributionFault | 'unavailable';
    }
  /** The aggregate of a value's list was computed, or could not be. */
  | {
      readonly type: 'verified';
      readonly anchor: Digest;
      readonly value: Digest;
      readonly outcome?: Outcome;
      readonly fault?: ContributionFault | 'unavailable';
    }
  /** A decision is stored and applied; `applicationDigest` is what the application has now. */
  | { readonly type: 'adopted'; readonly round: number; readonly applicationDigest: Digest }
  /** The update of a decision could not be had from anyone, or the application failed on it. */
  | { readonly type: 'adoptFailed'; readonly round: number }
  /** The application stands before this round again (rewound, or restored from a checkpoint); undefined: it failed. */
  | { readonly type: 'rebuilt'; readonly round: number | undefined; readonly applicationDigest: Digest }
  /** A peer answered (or did not) a request for decisions. */
  | {
      readonly type: 'caughtUp';
      readonly peer: PeerId;
      readonly decisions: readonly UnverifiedDecision[] | undefined;
      /** The round that the peer itself is at. */
      readonly head: number;
    };
