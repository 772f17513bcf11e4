/** The naive float64 second implementation that the kernels are tested against, and inputs for it. */
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { ColumnStatistic, LinearAlgebra, Matrix } from '../../src/linalg/linear-algebra.ts';

export function normalRows(n: number, d: number, seed: number, scale = 1): Float32Array[] {
  const random = new SeededRandom(seed, 'rows', n, d);
  return Array.from({ length: n }, () => Float32Array.from({ length: d }, () => random.nextNormal() * scale));
}

/** Values of few kinds, so that ties, zeros of both signs and repeated values are frequent. */
export function tiedRows(n: number, d: number, seed: number): Float32Array[] {
  const random = new SeededRandom(seed, 'tied', n, d);
  const values = [-2, -1, -0, 0, 1, 1.5, 2, 1e-45, -1e-45];
  return Array.from({ length: n }, () =>
    Float32Array.from({ length: d }, () => values[random.nextBelow(values.length)]!),
  );
}

export function fill(linalg: LinearAlgebra, rows: readonly Float32Array[], d: number): Matrix {
  const x = linalg.createMatrix(rows.length, d);
  rows.forEach((row, i) => x.row(i).set(row));
  return x;
}

export function naiveGram(rows: readonly ArrayLike<number>[], reference?: ArrayLike<number>): number[][] {
  const at = (row: ArrayLike<number>, c: number) => row[c]! - (reference ? reference[c]! : 0);
  return rows.map((a) =>
    rows.map((b) => {
      let sum = 0;
      for (let c = 0; c < a.length; c++) sum += at(a, c) * at(b, c);
      return sum;
    }),
  );
}

/** The statistic of one column, straight from its definition. */
export function naiveStatistic(column: readonly number[], statistic: ColumnStatistic): number {
  const n = column.length;
  const sorted = [...column].sort((a, b) => a - b);
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const median = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  /** Which of two values is nearer to the centre, the smaller one if equal: from their sum, without rounding. */
  const nearer = (center: number) => (x: number, y: number) =>
    x === y ? 0 : x + y < 2 * center === x < y ? 1 : -1;
  const nearest = (keep: number, center: number) =>
    mean(
      [...column]
        .sort(nearer(center))
        .slice(0, keep)
        .sort((a, b) => a - b),
    );
  switch (statistic.kind) {
    case 'median':
      return statistic.ties === 'lower' ? sorted[(n - 1) >> 1]! : median;
    case 'trimmed-mean':
      return mean(sorted.slice(statistic.f, n - statistic.f));
    case 'nearest-to-median':
      return nearest(statistic.keep, median);
    case 'nearest-to-trimmed-mean':
      return nearest(statistic.keep, mean(sorted.slice(statistic.f, n - statistic.f)));
    case 'sorted':
      return statistic.of(Float32Array.from(sorted));
    case 'weighted-median': {
      const weightUpTo = (x: number) =>
        column.reduce((sum, y, i) => sum + (y <= x ? statistic.weights[i]! : 0), 0);
      const half = weightUpTo(Infinity) / 2;
      const low = sorted.find((x) => weightUpTo(x) >= half)!;
      return (low + sorted.find((x) => weightUpTo(x) > half)!) / 2;
    }
  }
}

/** Every statistic with parameters that n allows; weights are integers, so no order of adding them matters. */
export function statisticsFor(n: number, seed = 1): ColumnStatistic[] {
  const random = new SeededRandom(seed, 'weights', n);
  const f = (n - 1) >> 2;
  const most = (n - 1) >> 1;
  return [
    { kind: 'median', ties: 'mean' },
    { kind: 'median', ties: 'lower' },
    { kind: 'trimmed-mean', f },
    { kind: 'trimmed-mean', f: most },
    { kind: 'nearest-to-median', keep: n - f },
    { kind: 'nearest-to-trimmed-mean', f: most, keep: n - most },
    { kind: 'nearest-to-trimmed-mean', f: 0, keep: n },
    { kind: 'nearest-to-trimmed-mean', f, keep: 1 },
    { kind: 'sorted', of: (ascending) => (ascending[f]! + ascending[n - 1 - f]!) / 2 },
    { kind: 'nearest-to-median', keep: 1 },
    { kind: 'nearest-to-median', keep: Math.max(1, n >> 2) },
    { kind: 'weighted-median', weights: Float64Array.from({ length: n }, () => 1 + random.nextBelow(9)) },
  ];
}

export function nameOf(statistic: ColumnStatistic): string {
  const { kind, ...rest } = statistic;
  return kind === 'weighted-median' ? kind : `${kind} ${JSON.stringify(rest)}`;
}

export function bytesOf(values: Float32Array | Float64Array): string {
  return Buffer.from(values.slice().buffer).toString('hex');
}
