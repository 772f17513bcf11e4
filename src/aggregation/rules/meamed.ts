/**
 * MeaMed, mean around median (Xie, Koyejo, Gupta, 2018, arXiv 1802.10116): per coordinate the mean of the n - f values
 * nearest to the median. Needs n > 2 f.
 */
import type { ColumnStatistic } from '../../linalg/linear-algebra.ts';

export function meamedStatistic(f: number): ColumnStatistic {
  return { kind: 'meamed', f };
}
