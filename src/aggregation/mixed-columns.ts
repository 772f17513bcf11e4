/**
 * Column statistics of mixed inputs, block by block: a block of columns is mixed while it lies in the cache, so that no
 * matrix of mixtures is ever held. Kernels do the same with inputs that they unpack themselves.
 */
import type {
  ColumnStatistic,
  KernelStatistic,
  LinearAlgebra,
  Matrix,
  PackedAlgebra,
} from '../linalg/linear-algebra.ts';
import { scaledRow, type PackedRow } from '../linalg/packed-row.ts';
import type { Combination } from './geometry.ts';

/** 512 KiB of each input; a multiple of the kernels' segments, so that threads find work. */
const BLOCK_COLUMNS = 131_072;

/** Fills the first end - start columns of `into`. */
export type ReadColumns = (start: number, end: number, into: Matrix) => void;
export type WriteValues = (start: number, values: Float32Array) => void;

export function mixedColumns(
  linalg: LinearAlgebra,
  shape: { readonly n: number; readonly d: number },
  read: ReadColumns,
  points: readonly Combination[],
  statistic: ColumnStatistic,
  write: WriteValues,
  memoryBytes = Infinity,
): void {
  const { n, d } = shape;
  const width = Math.min(d, BLOCK_COLUMNS, columnsWithin(memoryBytes, n + points.length + 1));
  const inputs = linalg.createMatrix(n, width);
  const mixed = linalg.createMatrix(points.length, width);
  const out = linalg.createMatrix(1, width);
  try {
    for (let start = 0; start < d; start += width) {
      const end = Math.min(d, start + width);
      // beyond a last, narrower block stand the columns of the block before: finite, and not written
      read(start, end, inputs);
      mixRows(linalg, inputs, points, mixed);
      linalg.columns(mixed, statistic, out.row(0));
      write(start, out.row(0).subarray(0, end - start));
    }
  } finally {
    for (const matrix of [inputs, mixed, out]) matrix.free();
  }
}

/** The same of inputs that stay packed. */
export function mixedPackedColumns(
  algebra: PackedAlgebra,
  rows: readonly PackedRow[],
  points: readonly Combination[],
  statistic: KernelStatistic,
  out: Float32Array,
): void {
  const picked = points.flatMap((point) => pickedRow(rows, point) ?? []);
  if (picked.length === points.length) algebra.columns(picked, statistic, out);
  else {
    const shares = points.map((point) => point.subarray(0, rows.length));
    algebra.mixedColumns(rows, shares, statistic, out);
  }
}

/** What the combination is, where it is one input, scaled or not, that needs no mixing. */
function pickedRow(rows: readonly PackedRow[], point: Combination): PackedRow | undefined {
  const only = soleInput(point, rows.length);
  if (only < 0) return undefined;
  const [row, scale] = [rows[only]!, point[only]!];
  if (scale === 1) return row;
  return row.scale === 1 ? scaledRow(row, scale) : undefined;
}

/** How many columns of some rows of float32 fit; at least one. */
export function columnsWithin(memoryBytes: number, rows: number): number {
  return Math.max(1, Math.floor(memoryBytes / (4 * rows)));
}

/** Writes each combination of the rows of x to a row of `mixed`. Anchors take no part: the origin is zero. */
function mixRows(linalg: LinearAlgebra, x: Matrix, points: readonly Combination[], mixed: Matrix): void {
  points.forEach((point, k) => {
    const only = soleInput(point, x.n);
    if (only < 0) linalg.weightedSum(x, point.subarray(0, x.n), mixed.row(k));
    else scaleInto(x.row(only), point[only]!, mixed.row(k));
  });
}

/** The only input that takes part, or -1. */
function soleInput(point: Combination, n: number): number {
  let sole = -1;
  for (let i = 0; i < n; i++) {
    if (point[i] === 0) continue;
    if (sole >= 0) return -1;
    sole = i;
  }
  return sole;
}

function scaleInto(row: Float32Array, scale: number, out: Float32Array): void {
  if (scale === 1) out.set(row);
  else for (let c = 0; c < row.length; c++) out[c] = scale * row[c]!;
}
