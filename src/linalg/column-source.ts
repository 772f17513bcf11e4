/**
 * n vectors of d values that need not fit in memory. They are read in blocks of columns, because everything that
 * aggregation needs is additive over columns (Gram matrix, distances) or local to them (sums, column statistics).
 */
import type { ColumnStatistic, Matrix } from './linear-algebra.ts';
import type { PackedRow } from './packed-row.ts';

export interface ColumnSource {
  readonly n: number;
  readonly d: number;
  /**
   * Writes columns start..end-1 of all n rows to the first end - start columns of `into`, which has n rows.
   * float64 input is rounded to float32. Throws where the input ends early or holds NaN or an infinity.
   */
  readColumns(start: number, end: number, into: Matrix): void;
  /** All rows in a form that kernels unpack themselves; absent where only `readColumns` can. */
  readonly packed?: readonly PackedRow[];
}

/** Takes a vector of d values in blocks, in order, each once. The values are overwritten after the call. */
export interface VectorSink {
  write(start: number, values: Float32Array): void;
  /** Where the vector lies in memory as a whole: it may then be written there, and nothing through `write`. */
  readonly vector?: Float32Array;
}

/** Linear algebra over sources: the bytes are those of LinearAlgebra on a matrix of the same values. */
export interface StreamingLinearAlgebra {
  /** The most bytes of matrices that any call holds. */
  readonly memoryBytes: number;
  /** Row-major n x n inner products, after subtracting the reference from each row; `reference` has one row. */
  gram(x: ColumnSource, reference?: ColumnSource): Float64Array;
  /** base + sum_i coefficients[i] x_i; `base` has one row. */
  weightedSum(x: ColumnSource, coefficients: Float64Array, out: VectorSink, base?: ColumnSource): void;
  /** n squared distances to a point, a source of one row. */
  squaredDistances(x: ColumnSource, point: ColumnSource): Float64Array;
  columns(x: ColumnSource, statistic: ColumnStatistic, out: VectorSink): void;
}
