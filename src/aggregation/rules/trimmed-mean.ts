/**
 * The coordinate-wise trimmed mean (Yin, Chen, Ramchandran, Bartlett, ICML 2018): the mean without the f least and the f
 * greatest values. Needs n > 2 f.
 */
import type { ColumnStatistic } from '../../linalg/linear-algebra.ts';

export function trimmedMeanStatistic(f: number): ColumnStatistic {
  return { kind: 'trimmed-mean', f };
}
