/**
 * How many Byzantine workers a round's cohort can have. Safety rests on the committee; the cohort decides what the
 * aggregation rule must bear: its `f` should be exceeded only as rarely as the experiment can stand.
 */
import { hypergeometricTail } from './hypergeometric.ts';

/** The chance that a cohort of `size` has more than `f` Byzantine workers. */
export function cohortExcess(peers: number, byzantine: number, size: number, f: number): number {
  return hypergeometricTail(peers, byzantine, size, f + 1);
}

/** The least f that a cohort exceeds with a chance of at most `failure`. */
export function leastAggregationF(peers: number, byzantine: number, size: number, failure: number): number {
  let f = 0;
  while (cohortExcess(peers, byzantine, size, f) > failure) f += 1;
  return f;
}

/** The least cohort whose Byzantine workers are a minority but for a chance of at most `failure`; no rule bears half. */
export function leastCohortSize(peers: number, byzantine: number, failure: number): number | undefined {
  for (let size = 1; size <= peers; size++) {
    if (hypergeometricTail(peers, byzantine, size, Math.ceil(size / 2)) <= failure) return size;
  }
  return undefined;
}
