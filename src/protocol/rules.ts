/**
 * The two rules that agreement rests on, apart from the signatures: in one object, so that the simulator can plant a
 * fault in either and show that its checkers see it.
 */
import { quorumOf, toleranceOf } from '../committee/sampling.ts';
import type { Digest } from '../crypto/hash.ts';
import type { Pinned } from './saved-state.ts';

export class Rules {
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
  lockAllows(locked: Pinned | undefined, value: Digest, polkaView: number | undefined): boolean {
    return (
      locked === undefined || locked.digest === value || (polkaView !== undefined && locked.view <= polkaView)
    );
  }
}
