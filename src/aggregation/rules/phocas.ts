/**
 * Phocas (Xie, Koyejo, Gupta, 2018, arXiv 1805.09682): per coordinate the mean of the n - f values nearest to the
 * f-trimmed mean. Needs n > 2 f.
 */
import type { ColumnStatistic } from '../../linalg/linear-algebra.ts';

export function phocasStatistic(f: number): ColumnStatistic {
  return { kind: 'phocas', f };
}
