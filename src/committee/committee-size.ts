/**
 * How large a committee must be. A committee of k drawn without replacement from N peers, B of them Byzantine, fails
 * when k / 3 or more of its members are Byzantine: the tail of a hypergeometric distribution. Sizes 3 f + 1 serve best:
 * two more members add risk and no tolerance.
 *
 * What is assumed: B counts all that one adversary controls, it corrupts before it knows the seed, and the seed is
 * uniform. A proposer that withholds its randomness gets one redraw; `redrawFactor` bounds what that buys.
 */
import { assert } from '../foundation/assert.ts';
import { hypergeometricTail } from './hypergeometric.ts';
import { committeeSizeAt, lastAttempt, toleranceOf } from './sampling.ts';

const LONGEST_SCAN = 2000;

/** The chance that a committee of `size` peers, out of `peers` with `byzantine` Byzantine ones, is not safe. */
export function committeeFailure(peers: number, byzantine: number, size: number): number {
  assert(size >= 1 && size <= peers, `committee of ${size} out of ${peers}`);
  return hypergeometricTail(peers, byzantine, size, toleranceOf(size) + 1);
}

/**
 * The least size whose chance of failure is at most `failure`; undefined where even the whole roster fails
 * (3 B >= N). Sizes above 2000 are searched by bisection among 3 f + 1 only, where the chance falls with the size.
 */
export function leastCommitteeSize(peers: number, byzantine: number, failure: number): number | undefined {
  if (peers < 1 || 3 * byzantine >= peers) return undefined;
  const good = (size: number) => committeeFailure(peers, byzantine, size) <= failure;
  for (let size = 1; size <= Math.min(peers, LONGEST_SCAN); size++) {
    if (good(size)) return size;
  }
  if (peers <= LONGEST_SCAN) return undefined;
  let [low, high] = [Math.floor((LONGEST_SCAN - 1) / 3), Math.floor((peers - 1) / 3)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (good(3 * middle + 1)) high = middle;
    else low = middle;
  }
  return good(3 * high + 1) ? 3 * high + 1 : peers;
}

/** The chance of at least one failure in `rounds` rounds of independent committees. */
export function failureOverRounds(failure: number, rounds: number): number {
  return failure >= 1 ? 1 : -Math.expm1(rounds * Math.log1p(-failure));
}

/**
 * By how much withholding can multiply the chance of a bad committee: in a row of v Byzantine proposers each may
 * decline, so the adversary chooses among 1 + v seeds; summed over v that is at most 1 / (1 - B / N).
 */
export function redrawFactor(peers: number, byzantine: number): number {
  return peers / (peers - byzantine);
}

export interface AttemptPlan {
  readonly attempt: number;
  readonly size: number;
  readonly failure: number;
}

/** The committees of all attempts, each twice as large, the last one the whole roster. */
export function planAttempts(peers: number, byzantine: number, size: number): AttemptPlan[] {
  return Array.from({ length: lastAttempt(size, peers) + 1 }, (_, attempt) => {
    const members = committeeSizeAt(attempt, size, peers);
    return { attempt, size: members, failure: committeeFailure(peers, byzantine, members) };
  });
}
