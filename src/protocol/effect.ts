/**
 * Everything that a Machine can ask for. `drive()` carries effects out in their order; those under `then` only after
 * the record is on the disk: persist before publish.
 */
import type { RoundContext } from '../crypto/beacon.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { ContributionMessage, ListedContribution } from '../messages/contribution.ts';
import type { Decision, Outcome } from '../messages/decision.ts';
import type { Channel, Message, Verdict } from '../messages/message.ts';
import type { Evidence } from '../messages/evidence.ts';
import type { Chain } from './chain/chain.ts';
import type { MessageFault } from './fault.ts';
import type { Timer } from './input.ts';
import type { OwnGradient } from './round/own-gradient.ts';
import type { RoundMemory } from './saved-state.ts';

export type Effect =
  /** About the message that was just given: pass it on, drop it, or drop it and blame whoever sent it. */
  | {
      readonly type: 'verdict';
      readonly verdict: Verdict;
      readonly fault?: MessageFault;
    }
  | { readonly type: 'store'; readonly memory: RoundMemory; readonly then: readonly Effect[] }
  /** To everyone on the channel, and back to this machine; `bodyTo`: who needs the body that the message names at once. */
  | {
      readonly type: 'publish';
      readonly channel: Channel;
      readonly message: Message;
      readonly bodyTo?: readonly PeerId[];
    }
  | { readonly type: 'send'; readonly to: PeerId; readonly message: Message }
  /** Which channels to listen on from now on (`announcements` always). */
  | { readonly type: 'listen'; readonly committee: boolean }
  | {
      readonly type: 'setTimer';
      readonly timer: Timer;
      readonly delayMs: number;
      /** Comes back with the time-out, so that one that was on its way when the timer was set again is known. */
      readonly token: number;
    }
  | { readonly type: 'cancelTimer'; readonly timer: Timer }
  /** Compute the own contribution; answered by `trained`. A newer one replaces it. */
  | { readonly type: 'train'; readonly context: RoundContext; readonly anchor: Digest }
  | { readonly type: 'stopTraining' }
  /** What this peer may have signed before its disk was lost is behind it. */
  | { readonly type: 'trustMemories' }
  /** Get and check a contribution's body; answered by `fetched`. */
  | {
      readonly type: 'fetch';
      readonly context: RoundContext;
      readonly contribution: ContributionMessage;
      readonly sources: readonly PeerId[];
    }
  /** Get and check the bodies of a list, aggregate them; answered by `verified`. `skip`: too few, aggregate nothing. */
  | {
      readonly type: 'verify';
      readonly context: RoundContext;
      readonly anchor: Digest;
      readonly value: Digest;
      readonly contributions: readonly ListedContribution[];
      readonly skip: boolean;
      readonly sources: readonly PeerId[];
    }
  /** Get the update, store it with the decision, apply it; answered by `adopted` or `adoptFailed`. */
  | {
      readonly type: 'adopt';
      readonly context: RoundContext;
      readonly decision: Decision;
      /** The value lists too few contributions: its update is that of an empty list. */
      readonly skip: boolean;
      readonly sources: readonly PeerId[];
      /** What is stored from this round on belongs to another value: drop it. */
      readonly truncate: boolean;
      /** The chain after the decision, where a checkpoint is to be taken there. */
      readonly checkpoint?: Chain;
    }
  /** Store a decision of the past without its update: a newcomer's chain below the checkpoint. */
  | {
      readonly type: 'storeDecision';
      readonly context: RoundContext;
      readonly decision: Decision;
      readonly truncate: boolean;
    }
  /** Bring the application to the state before a round from what is stored; answered by `rebuilt`. */
  | { readonly type: 'rewind'; readonly round: number }
  /**
   * Get a checkpoint of one of these states from several peers, the newest that can be had, store it and restore it;
   * answered by `rebuilt`.
   */
  | { readonly type: 'restore'; readonly candidates: readonly Chain[]; readonly sources: readonly PeerId[] }
  /** Ask a peer for decisions; answered by `caughtUp`. `seats`: the most that a roster below one of them can have. */
  | {
      readonly type: 'catchUp';
      readonly peer: PeerId;
      readonly fromRound: number;
      readonly seats: number;
    }
  /** Tell the network that a peer lied. */
  | { readonly type: 'blame'; readonly peer: PeerId; readonly reason: string }
  /** For the observers of this peer: a round is decided and applied. */
  | { readonly type: 'decide'; readonly decision: RoundReport }
  | { readonly type: 'report'; readonly report: Report };

/** Why a decided round changed nothing: fewer contributions than the minimum, or an aggregate that is no finite number. */
export type SkipReason = 'too-few-contributions' | 'not-finite';

export interface RoundReport {
  readonly round: number;
  readonly attempt: number;
  readonly view: number;
  readonly anchor: Digest;
  /** The anchor of the next round: the digest of the whole state. */
  readonly stateDigest: Digest;
  readonly outcome: Outcome;
  readonly cohort: readonly PeerId[];
  readonly committee: readonly PeerId[];
  readonly contributors: readonly PeerId[];
  /** Peers that the round could call on: who is in its draws and no convict. */
  readonly servingSize: number;
  /** Seats after the round. */
  readonly rosterSize: number;
  /** Whether this peer voted in the round, or only followed it. */
  readonly served: boolean;
  /** Absent where the round changed the state. */
  readonly skipped?: SkipReason;
}

export type Report =
  | { readonly event: 'convicted'; readonly evidence: Evidence }
  | { readonly event: 'excluded'; readonly peer: PeerId; readonly round: number }
  | {
      readonly event: 'view-changed';
      readonly round: number;
      readonly attempt: number;
      readonly view: number;
    }
  | { readonly event: 'attempt-opened'; readonly round: number; readonly attempt: number }
  | {
      readonly event: 'abandoned';
      readonly round: number;
      readonly attempt: number;
      /** Members whose votes were waited for in vain; none where another peer's word was reason enough, or the time. */
      readonly silent: readonly PeerId[];
    }
  | { readonly event: 'stepped-back'; readonly fromRound: number; readonly toRound: number }
  /** The own application disagrees with a certified digest. */
  | {
      readonly event: 'diverged';
      readonly round: number;
      readonly expected: Digest;
      readonly actual: Digest;
    }
  /** A history was offered, and refused, that does not contain the state that the operator trusts. */
  | { readonly event: 'untrusted-history'; readonly round: number; readonly anchor: Digest }
  /** Two values are certified for one attempt: a third of a committee is Byzantine. */
  | { readonly event: 'fork'; readonly round: number }
  /** The state comes from others' checkpoint, and decisions until then are only checked. */
  | {
      readonly event: 'resyncing';
      readonly round: number;
      readonly why:
        | 'far-behind'
        /** Nobody who was asked has the round's update any more. */
        | 'update-dropped'
        /** What is stored here does not lead to the certified state. */
        | 'own-state';
    }
  /** The own gradient is not in a round, whose collection was over first. */
  | ({
      readonly event: 'gradient-late';
      readonly round: number;
      /** The experiment's `timing.collectMs`. */
      readonly collectMs: number;
      /** Cohorts in a row that this peer has missed. */
      readonly inARow: number;
    } & OwnGradient)
  | { readonly event: 'silent'; readonly untilRound: number }
  | { readonly event: 'finished'; readonly round: number };
