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

export class Rules {
  /** A word about later rounds leads to at most one question in so much time. */
  readonly claimIntervalMs: number = CLAIM_INTERVAL_MS;

  /** More than two thirds. */
  quorum(size: number): number {
    return quorumOf(size);
  }

  /** More than the tolerated faulty ones: at least one of them is honest. */
  oneHonest(size: number): number {
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
