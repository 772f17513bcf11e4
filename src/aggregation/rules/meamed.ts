/**
 * MeaMed, mean around median (Xie, Koyejo, Gupta, 2018, arXiv 1802.10116): per coordinate the mean of the n - f values
 * nearest to the median. Needs n > 2 f.
 */
import { defineRule } from '../define-rule.ts';

export const meamed = defineRule('meamed', {
  source: 'Xie et al., arXiv 1802.10116',
  columns: (_spec, { n, f }) => ({ kind: 'nearest-to-median', keep: n - f }),
});
