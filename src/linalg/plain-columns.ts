/**
 * Column statistics in plain typed arrays: each column is gathered and sorted, its statistic taken in float64.
 * Sums run over ascending values and a zero result is always +0, so the result depends on the set of values alone:
 * any sorting method and any order of the rows give the same bytes. Ties in "nearest" keep the smaller value.
 */
import { unreachable } from '../foundation/assert.ts';
import { halfOf } from './half-weight.ts';
import type { ColumnStatistic } from './linear-algebra.ts';

const LARGEST_INSERTION_SORT_LENGTH = 24;

/** Writes the statistic of every column of the rows (each of length d) to out. */
export function plainColumns(
  rows: readonly Float32Array[],
  d: number,
  statistic: ColumnStatistic,
  out: Float32Array,
): void {
  const n = rows.length;
  if (statistic.kind === 'weighted-median') {
    weightedMedians(rows, d, statistic.weights, out);
    return;
  }
  const column = new Float32Array(n);
  const of = sortedStatistic(statistic, n);
  for (let c = 0; c < d; c++) {
    for (let i = 0; i < n; i++) column[i] = rows[i]![c]!;
    if (n <= LARGEST_INSERTION_SORT_LENGTH) insertionSort(column);
    else column.sort();
    out[c] = Math.fround(of(column)) + 0;
  }
}

function insertionSort(values: Float32Array): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    let j = i - 1;
    for (; j >= 0 && values[j]! > value; j--) values[j + 1] = values[j]!;
    values[j + 1] = value;
  }
}

type SortedStatistic = (sorted: Float32Array) => number;

function sortedStatistic(
  statistic: Exclude<ColumnStatistic, { kind: 'weighted-median' }>,
  n: number,
): SortedStatistic {
  const low = (n - 1) >> 1;
  const high = n >> 1;
  const median: SortedStatistic = (s) => (s[low]! + s[high]!) / 2;
  switch (statistic.kind) {
    case 'median':
      return statistic.ties === 'lower' ? (s) => s[low]! : median;
    case 'trimmed-mean':
      return (s) => meanBetween(s, statistic.f, n - statistic.f);
    case 'nearest-to-median':
      return (s) => nearestMean(s, statistic.keep, median(s));
    case 'nearest-to-trimmed-mean':
      return (s) => nearestMean(s, statistic.keep, meanBetween(s, statistic.f, n - statistic.f));
    case 'sorted':
      return statistic.of;
    default:
      return unreachable(statistic);
  }
}

function meanBetween(sorted: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += sorted[i]!;
  return sum / (end - start);
}

/** Mean of the `keep` values nearest to the centre: a window that slides while what enters is nearer than what leaves. */
function nearestMean(sorted: Float32Array, keep: number, center: number): number {
  let start = 0;
  while (start + keep < sorted.length && sorted[start]! + sorted[start + keep]! < 2 * center) start++;
  return meanBetween(sorted, start, start + keep);
}

/**
 * A float32 widened to float64 leaves 29 low bits free: the row's index goes there, so that one sort of numbers orders
 * value and index together. Equal values come by ascending index, negative ones by descending index.
 */
function weightedMedians(
  rows: readonly Float32Array[],
  d: number,
  weights: Float64Array,
  out: Float32Array,
): void {
  const n = rows.length;
  const keys = new Float64Array(n);
  const words = new Uint32Array(keys.buffer);
  const { reached, exceeded } = halfOf(weights);
  const valueAt = (rank: number, c: number) => rows[words[2 * rank]! & INDEX_MASK]![c]!;
  for (let c = 0; c < d; c++) {
    for (let i = 0; i < n; i++) {
      keys[i] = rows[i]![c]!;
      words[2 * i]! |= i;
    }
    keys.sort();
    let cumulative = 0;
    let low = n - 1;
    let high = 0;
    for (; high < n - 1; high++) {
      cumulative += weights[words[2 * high]! & INDEX_MASK]!;
      if (cumulative > reached) low = Math.min(low, high);
      if (cumulative > exceeded) break;
    }
    out[c] = Math.fround((valueAt(low, c) + valueAt(high, c)) / 2) + 0;
  }
}

const INDEX_MASK = 2 ** 29 - 1;
