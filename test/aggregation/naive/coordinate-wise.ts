import { type Vector } from './vectors.ts';

type ColumnRule = (column: number[]) => number;

const byColumn = (rows: readonly Vector[], rule: ColumnRule): number[] =>
  (rows[0] as Vector).map((_, c) => rule(rows.map((row) => row[c] as number)));

const ascending = (values: Vector): number[] => [...values].sort((a, b) => a - b);
const average = (values: Vector): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function medianOf(values: Vector, ties: 'mean' | 'lower' = 'mean'): number {
  const s = ascending(values);
  const high = s[Math.floor(s.length / 2)] as number;
  const low = s[Math.ceil(s.length / 2) - 1] as number;
  return ties === 'lower' ? low : (low + high) / 2;
}

const trimmed = (values: Vector, f: number): number => average(ascending(values).slice(f, values.length - f));

/** Mean of the `keep` values nearest to the centre; of two equally near ones the smaller. */
function nearest(values: Vector, keep: number, center: number): number {
  const sorted = [...values].sort((a, b) => Math.abs(a - center) - Math.abs(b - center) || a - b);
  return average(sorted.slice(0, keep));
}

export const median = (rows: readonly Vector[], ties: 'mean' | 'lower'): number[] =>
  byColumn(rows, (column) => medianOf(column, ties));

export const weightedMedian = (rows: readonly Vector[], weights: Vector): number[] =>
  byColumn(rows, (column) => {
    const pairs = column
      .map((value, i) => [value, weights[i] as number] as const)
      .sort((a, b) => a[0] - b[0]);
    const half = weights.reduce((sum, w) => sum + w, 0) / 2;
    const least = (isEnough: (cumulative: number) => boolean): number => {
      let cumulative = 0;
      return (pairs.find(([, weight]) => isEnough((cumulative += weight))) as readonly [number, number])[0];
    };
    return (least((sum) => sum >= half) + least((sum) => sum > half)) / 2;
  });

export const trimmedMean = (rows: readonly Vector[], f: number): number[] =>
  byColumn(rows, (column) => trimmed(column, f));

export const meamed = (rows: readonly Vector[], f: number): number[] =>
  byColumn(rows, (column) => nearest(column, column.length - f, medianOf(column)));

export const phocas = (rows: readonly Vector[], f: number): number[] =>
  byColumn(rows, (column) => nearest(column, column.length - f, trimmed(column, f)));

export const nearestToMedian = (rows: readonly Vector[], keep: number): number[] =>
  byColumn(rows, (column) => nearest(column, keep, medianOf(column)));
