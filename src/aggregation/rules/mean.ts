/** The mean, or the weighted mean: not robust, the baseline of everything. Any f, since it bears none. */
import { defineRule, NO_BOUND } from '../define-rule.ts';
import { weightedMean } from '../geometry.ts';

export const mean = defineRule('mean', {
  source: 'not robust, the baseline',
  ...NO_BOUND,
  weighted: () => true,
  measures: () => ({ level: 'nothing' }),
  combine: (geometry, _spec, { weights }) => ({
    combination: weightedMean(geometry, weights ?? new Float64Array(geometry.count).fill(1)),
  }),
});
