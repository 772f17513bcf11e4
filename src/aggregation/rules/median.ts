/**
 * The coordinate-wise median (Yin, Chen, Ramchandran, Bartlett, ICML 2018). Of an even number of values the mean of the two middle ones,
 * or the lower one (`ties: lower`, as PyTorch's median). Weighted: the first value, in ascending order, whose
 * cumulative weight exceeds half of the total (arXiv 2501.09621). Departure: where one reaches exactly half, the mean of it
 * and the next, so that equal weights give the median without weights; `ties: lower` has no weighted form. Needs n > 2 f.
 */
import { z } from 'zod';
import { defineRule } from '../define-rule.ts';

export const median = defineRule('median', {
  source: 'Yin et al., ICML 2018',
  about: '`ties` mean, lower (mean)',
  settings: { ties: z.enum(['mean', 'lower']).default('mean') },
  weighted: ({ ties }) =>
    ties === 'mean' ||
    'the median with ties = lower has no weighted form; leave ties out (the mean of both values is taken)',
  columns: ({ ties }, { weights }) =>
    weights === undefined ? { kind: 'median', ties } : { kind: 'weighted-median', weights },
});
