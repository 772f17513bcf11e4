/** What the kernel for many rows (assembly/select.ts) is told of a column statistic. */
import { unreachable } from '../foundation/assert.ts';
import type { KernelStatistic } from './linear-algebra.ts';

export interface ColumnSelection {
  /** A constant of assembly/select.ts. */
  readonly kind: number;
  /** Values dropped on each side of a trimmed mean. */
  readonly trim: number;
  /** Values kept around a centre. */
  readonly keep: number;
}

const [MEDIAN, LOWER_MEDIAN, TRIMMED_MEAN, NEAREST_TO_MEDIAN, NEAREST_TO_TRIMMED_MEAN, WEIGHTED_MEDIAN] = [
  0, 1, 2, 3, 4, 5,
] as const;

export function columnSelection(statistic: KernelStatistic): ColumnSelection {
  switch (statistic.kind) {
    case 'median':
      return { kind: statistic.ties === 'lower' ? LOWER_MEDIAN : MEDIAN, trim: 0, keep: 0 };
    case 'trimmed-mean':
      return { kind: TRIMMED_MEAN, trim: statistic.f, keep: 0 };
    case 'nearest-to-median':
      return { kind: NEAREST_TO_MEDIAN, trim: 0, keep: statistic.keep };
    case 'nearest-to-trimmed-mean':
      return { kind: NEAREST_TO_TRIMMED_MEAN, trim: statistic.f, keep: statistic.keep };
    case 'weighted-median':
      return { kind: WEIGHTED_MEDIAN, trim: 0, keep: 0 };
    default:
      return unreachable(statistic);
  }
}
