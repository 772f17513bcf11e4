/**
 * Phocas (Xie, Koyejo, Gupta, 2018, arXiv 1805.09682): per coordinate the mean of the n - f values nearest to the
 * f-trimmed mean. Needs n > 2 f.
 */
import { defineRule } from '../define-rule.ts';

export const phocas = defineRule('phocas', {
  source: 'Xie et al., arXiv 1805.09682',
  columns: (_spec, { n, f }) => ({ kind: 'nearest-to-trimmed-mean', f, keep: n - f }),
});
