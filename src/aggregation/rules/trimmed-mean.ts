/**
 * The coordinate-wise trimmed mean (Yin, Chen, Ramchandran, Bartlett, ICML 2018): the mean without the f least and the f
 * greatest values. Needs n > 2 f.
 */
import { defineRule } from '../define-rule.ts';

export const trimmedMean = defineRule('trimmed-mean', {
  source: 'Yin et al., ICML 2018',
  columns: (_spec, { f }) => ({ kind: 'trimmed-mean', f }),
});
