/** The mean, or the weighted mean: not robust, the baseline of everything. Any f, since it bears none. */
import { weightedMean } from '../geometry.ts';
import type { LinearRule } from '../linear-rule.ts';

export const mean: LinearRule<unknown> = (geometry, _spec, { weights }) => ({
  combination: weightedMean(geometry, weights ?? new Float64Array(geometry.count).fill(1)),
});
