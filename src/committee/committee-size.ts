/**
 * How large a committee must be. A committee of k drawn without replacement from N peers, B of them Byzantine, fails
 * when k / 3 or more of its members are Byzantine: the tail of a hypergeometric distribution. Sizes 3 f + 1 serve best:
 * two more members add risk and no tolerance.
 *
 * What is assumed: B counts all that one adversary controls, it corrupts before it knows the seed, and the seed is
 * uniform. A proposer that withholds its randomness gets one redraw: `redrawFactor` bounds what that buys, planned over
 * any number of rounds. What changes of the roster buy is bounded by `steeringChance`.
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
 * By how much withholding can multiply the number of bad committees, however many rounds ahead it is planned.
 *
 * Where the first L proposers of a round are Byzantine, the adversary knows the L seeds that they can give before one
 * is given, and then what their successors can give, and so on: a tree, which an honest author's seed, news to
 * everyone, begins anew. The mean of L over a draw is at most m = sum of (B/N)^v = B / (N - B). A seed that an author of
 * theirs gives has as many children as the draw of its parent has leading Byzantine proposers: m on average, whatever
 * was seen before. An honest author's seed has those of a draw that the adversary may have picked for them: over the
 * run no more than all draws that it sees have together, so m for each seed seen. With H seeds of honest authors, S
 * seeds are seen, S <= H + m (S - H) + m S, hence S / H <= (1 - m) / (1 - 2 m) = (N - 2 B) / (N - 3 B). Each seed seen
 * draws a bad committee with the plain chance, and no other committee can be played. Infinite from a third on.
 */
export function redrawFactor(peers: number, byzantine: number): number {
  return 3 * byzantine >= peers ? Infinity : (peers - 2 * byzantine) / (peers - 3 * byzantine);
}

/**
 * The chance a round that an adversary can choose a change of the roster (a join, a leave, evidence against itself)
 * knowing a draw that the change takes part in: it must author the round and the `rounds` after it, all in a row.
 * Withholding included, the paths of Byzantine authors are as many as the branches above: (B / (N - B))^rounds.
 */
export function steeringChance(peers: number, byzantine: number, rounds: number): number {
  return Math.min(1, (byzantine / (peers - byzantine)) ** rounds);
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
