/**
 * The rules that agreement rests on, apart from the signatures, and those that bound what a word without proof can do:
 * in one object, so that the simulator can plant a fault in each and show that its checkers see it.
 */
import { quorumOf, toleranceOf } from '../committee/sampling.ts';
import type { Digest } from '../crypto/hash.ts';
import { CLAIM_INTERVAL_MS } from './limits.ts';
import type { MessageFault } from './fault.ts';

/** What a member is locked on, and since which view. */
interface Lock {
  readonly view: number;
  readonly digest: Digest;
}

/** The places where more than two thirds decide. */
export const QUORUM_USES = [
  /** A member locks a value, or precommits nil. */
  'prevotes',
  /** A member takes a value as decided. */
  'precommits',
  /** A certificate of another is believed. */
  'certificate',
  /** A peer opens the next attempt. */
  'abandonments',
  /** An opening of another is believed. */
  'opening',
  /** A peer that is bound adopts a decision that so many say they hold. */
  'holders',
  /** The same where so many signed rounds on top of it. */
  'successors',
  /** A peer whose disk was lost has heard of everything that it could have signed. */
  'lost disk',
] as const;
export type QuorumUse = (typeof QUORUM_USES)[number];

/** The places where it is enough that one of them is honest. */
export const ONE_HONEST_USES = [
  /** A member goes on to a view that others are in. */
  'later view',
  /** A peer gives an attempt up because others did. */
  'giving up',
] as const;
export type OneHonestUse = (typeof ONE_HONEST_USES)[number];

export class Rules {
  /** A word about later rounds leads to at most one question in so much time. */
  readonly claimIntervalMs: number = CLAIM_INTERVAL_MS;

  /** More than two thirds, wherever they decide. */
  quorum(size: number, _use: QuorumUse): number {
    return quorumOf(size);
  }

  /** More than the tolerated faulty ones: at least one of them is honest. */
  oneHonest(size: number, _use: OneHonestUse): number {
    return toleranceOf(size) + 1;
  }

  /**
   * Lines 23 and 29 of Tendermint: a locked member prevotes another value only where a quorum prevoted for it in a
   * view at or after that of the lock.
   */
  lockAllows(locked: Lock | undefined, value: Digest, polkaView: number | undefined): boolean {
    return (
      locked === undefined || locked.digest === value || (polkaView !== undefined && locked.view <= polkaView)
    );
  }

  /** A peer leaves its round to follow others only where so many decisions hold on its head, whatever head is claimed. */
  mayFollow(verified: number, enough: number): boolean {
    return verified >= enough;
  }

  /** Whether a peer may be asked for decisions before all others: one that is said to be ahead. */
  mayLead(hasSeat: boolean): boolean {
    return hasSeat;
  }

  /** Whether a statement counts that nobody with a seat has signed. */
  admits(fault: MessageFault | undefined): boolean {
    return fault === undefined;
  }
}
