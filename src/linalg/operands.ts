/** What every implementation asserts about its operands. A rule checks its own bounds before it comes here. */
import { assert, unreachable } from '../foundation/assert.ts';
import type { ColumnStatistic } from './linear-algebra.ts';

export function checkVector(name: string, vector: ArrayLike<number>, length: number): void {
  assert(vector.length === length, `${name} has length ${vector.length}, not ${length}`);
}

/** Asserts that the statistic leaves at least one of n values. */
export function checkStatistic(statistic: ColumnStatistic, n: number): void {
  const { kind } = statistic;
  assert(n > 0, `${kind} of no values`);
  switch (kind) {
    case 'median':
    case 'sorted':
      return;
    case 'trimmed-mean':
      assert(isCount(statistic.f) && 2 * statistic.f < n, `${kind} needs 2 f < n, got ${statistic.f}, ${n}`);
      return;
    case 'nearest-to-median':
    case 'nearest-to-trimmed-mean': {
      const { keep } = statistic;
      const f = kind === 'nearest-to-trimmed-mean' ? statistic.f : 0;
      assert(isCount(f) && 2 * f < n, `${kind} needs 2 f < n, got ${f}, ${n}`);
      assert(isCount(keep) && keep >= 1 && keep <= n, `${kind} needs 1 <= keep <= n, got ${keep}, ${n}`);
      return;
    }
    case 'weighted-median':
      checkVector('weights', statistic.weights, n);
      assert(
        statistic.weights.every((weight) => weight >= 0 && weight < Infinity),
        'weights are finite and not negative',
      );
      return;
    default:
      unreachable(statistic);
  }
}

function isCount(x: number): boolean {
  return Number.isInteger(x) && x >= 0;
}
