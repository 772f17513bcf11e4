/**
 * How long anyone is waited for in a round, measured by what most workers take: the pace is theirs. Rounds are patient by
 * turns, so that slow workers count too and cost little: one that takes k times as long as most is waited for in every
 * k-th round or so, which lengthens rounds by as much as most take on average. Whoever comes late on purpose gains no
 * more than that, and the number of them does not matter: all are waited for in the same rounds.
 */

/** The exponent of the largest power of two that divides a round's number from 1 on: 0 in every second round, 1 in every fourth. */
function turnOf(round: number): number {
  let exponent = 0;
  for (let rest = round; rest % 2 === 0; rest /= 2) exponent += 1;
  return exponent;
}

/**
 * Milliseconds from the round's start after which nobody is waited for. `usualMs`: what is known of the cohort's usual
 * times, in any order; more than half of the cohort has to be known, else there is no limit, nor in round 0. Of those the
 * upper median is the pace: fewer than half cannot make it shorter than the quickest of the others, or longer than the
 * slowest.
 */
export function patienceMs(round: number, usualMs: readonly number[], cohortSize: number): number {
  const pace = [...usualMs].sort((a, b) => a - b)[usualMs.length >> 1];
  if (round === 0 || pace === undefined || 2 * usualMs.length <= cohortSize) return Infinity;
  return pace * (1 + 2 ** turnOf(round));
}
