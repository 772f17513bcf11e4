/**
 * The coordinate-wise median (Yin, Chen, Ramchandran, Bartlett, ICML 2018). Of an even number of values the mean of the two middle ones,
 * or the lower one (`ties: lower`, as PyTorch's median). Weighted: the first value, in ascending order, whose
 * cumulative weight exceeds half of the total (arXiv 2501.09621). Departure: where one reaches exactly half, the mean of it
 * and the next, so that equal weights give the median without weights; `ties: lower` has no weighted form. Needs n > 2 f.
 */
import type { ColumnStatistic } from '../../linalg/linear-algebra.ts';

export function medianStatistic(ties: 'mean' | 'lower', weights: Float64Array | undefined): ColumnStatistic {
  return weights === undefined ? { kind: 'median', ties } : { kind: 'weighted-median', weights };
}
