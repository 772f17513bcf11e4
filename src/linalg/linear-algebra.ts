/**
 * What aggregation asks of linear algebra. Two implementations stand behind it: plain typed arrays (the reference and
 * the benchmark's baseline) and WebAssembly SIMD over one shared memory with worker threads. Both give the same bytes,
 * on every machine and for any number of threads. Inputs are finite: whoever reads them from outside checks that.
 * All calls are synchronous; callers that must stay responsive run them on a worker thread.
 */

import type { GeneratorState } from '../foundation/jump-ahead.ts';
import type { SpareVectors } from '../foundation/spare-vectors.ts';
import type { PackedRow } from './packed-row.ts';

/** n rows of d float32 values. A row is a view: writing to it writes to the matrix. */
export interface Matrix {
  readonly n: number;
  readonly d: number;
  row(i: number): Float32Array;
  /** Gives the memory back; the matrix must not be used afterwards. */
  free(): void;
}

/**
 * What is computed for each column over its n values. Depends on the set of values only, not on the order of the rows;
 * sums run over ascending values in float64; a zero result is +0; where two values are equally near to a centre the
 * smaller one is kept.
 */
export type ColumnStatistic =
  | KernelStatistic
  /** any other function of the ascending values, in plain JavaScript on one thread; it must not keep or change them */
  | { readonly kind: 'sorted'; readonly of: (ascending: Float32Array) => number };

/** The statistics that there are kernels for. */
export type KernelStatistic =
  | { readonly kind: 'median'; readonly ties: 'mean' | 'lower' }
  /** mean of all but the f least and the f greatest values */
  | { readonly kind: 'trimmed-mean'; readonly f: number }
  /** mean of the `keep` values nearest to the median */
  | { readonly kind: 'nearest-to-median'; readonly keep: number }
  /** mean of the `keep` values nearest to the f-trimmed mean */
  | { readonly kind: 'nearest-to-trimmed-mean'; readonly f: number; readonly keep: number }
  /**
   * first sorted value whose cumulative weight exceeds half of the total (arXiv 2501.09621); where one reaches exactly half,
   * the mean of that value and of the next one with a weight, so that equal weights change nothing; weights of length n
   */
  | { readonly kind: 'weighted-median'; readonly weights: Float64Array };

export interface EigenDecomposition {
  /** n eigenvalues, ascending. */
  readonly values: Float64Array;
  /** n x n, row-major; column j is the unit eigenvector of values[j]. */
  readonly vectors: Float64Array;
}

/**
 * The same passes over rows that stay packed, with the bytes that they give on a matrix of the unpacked values. All rows
 * have the same length d. What lies in shared memory is not copied.
 */
export interface PackedAlgebra {
  gram(rows: readonly PackedRow[], reference?: PackedRow): Float64Array;
  weightedSum(
    rows: readonly PackedRow[],
    coefficients: Float64Array,
    out: Float32Array,
    base?: PackedRow,
  ): void;
  squaredDistances(rows: readonly PackedRow[], point: PackedRow): Float64Array;
  /**
   * In float64, for each of the points: <x_i - center, point - center> for the rows and then for the points. Sums of
   * PIECE_COLUMNS columns, added in order.
   */
  innerProducts(rows: readonly PackedRow[], center: PackedRow, points: readonly PackedRow[]): Float64Array;
  columns(rows: readonly PackedRow[], statistic: KernelStatistic, out: Float32Array): void;
  /** The statistic of the columns of sum_i points[k][i] x_i, each accumulated in float64 and rounded once. */
  mixedColumns(
    rows: readonly PackedRow[],
    points: readonly Float64Array[],
    statistic: KernelStatistic,
    out: Float32Array,
  ): void;
  /** The same row where all threads can read it; made once, it spares every pass the copy. */
  share(row: PackedRow): PackedRow;
}

export interface FiniteCheck {
  /** Whether all values are; undefined where they were left alone. */
  isFinite(row: PackedRow): boolean | undefined;
}

/** A vector's values in fewer bits (int8.ts and dense.ts of src/compression), on all threads; the bytes of one thread. */
export interface EncodingKernels extends FiniteCheck {
  /** Where long vectors that are made on the way get their memory. */
  readonly spare: SpareVectors;
  /**
   * Levels in blocks, and the factor of each. `random`: where the stream of dithers begins; undefined rounds to the nearest.
   * False where the block does not fit the kernels' segments, or the vector is too short to be worth it.
   */
  int8(
    vector: Float32Array,
    block: number,
    random: GeneratorState | undefined,
    scales: Float32Array,
    levels: Int8Array,
  ): boolean;
  /** False where the vector is too short to be worth it. */
  bfloat16(vector: Float32Array, random: GeneratorState | undefined, halves: Uint16Array): boolean;
  /**
   * Ascending places of finite values, among them those of the `count` largest magnitudes and of all that equal the least of
   * these; few more where magnitudes differ. Undefined where the vector is too short to be worth it.
   */
  largest(vector: Float32Array, count: number): Uint32Array | undefined;
  /**
   * Reads as many ascending places below d as `out` has from their gaps (index-set.ts of src/compression) and gives the bytes
   * that these took, the last one padded with zeros; or why there are none. Undefined where they are too few to be worth it, or too many.
   */
  readGaps(
    bytes: Uint8Array,
    code: GapCode,
    out: Uint32Array,
  ): number | 'wrong-length' | 'malformed' | undefined;
  /** The bytes of such gaps. Undefined where they are too few to be worth it, or too many. */
  writeGaps(places: Uint32Array, code: GapCode): Uint8Array | undefined;
}

/** Golomb-Rice code of the gaps between places below d. */
export interface GapCode {
  readonly d: number;
  /** Low bits of each gap that are written as they are. */
  readonly shift: number;
  /** The most bytes that as many gaps take. */
  readonly maxBytes: number;
}

/** An optimizer's step as src/estimation/outer-optimizer.ts defines it. All vectors have one length. */
export interface OptimizerStep {
  readonly parameters: Float32Array;
  readonly direction: Float32Array;
  readonly velocity: Float32Array | undefined;
  readonly remainder: Float32Array | undefined;
  readonly rate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** Where the results go. */
  readonly next: {
    readonly parameters: Float32Array;
    readonly velocity: Float32Array | undefined;
    readonly remainder: Float32Array | undefined;
  };
}

/** A step of AdamW as src/estimation/inner-steps.ts defines it, in place. All vectors have one length. */
export interface AdamwStep {
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly beta1: number;
  readonly beta2: number;
  /** 1 - beta^t of either moment. */
  readonly corrections: readonly [first: number, second: number];
  readonly epsilon: number;
  /** What weight decay leaves of a parameter. */
  readonly left: number;
  readonly rate: number;
}

/**
 * Steps over whole vectors on all threads, each result rounded once from float64: the bytes of a plain loop. What is too
 * short to be worth it they leave alone, and say so.
 */
export interface VectorKernels extends FiniteCheck {
  /** Where long results get their memory. */
  readonly spare: SpareVectors;
  /** out = a x + b y, or a x where y is absent; `out` may be one of the vectors. False where it was left alone. */
  combine(a: number, x: PackedRow, b: number, y: PackedRow | undefined, out: Float32Array): boolean;
  /**
   * Means of the rows' columns and, where asked for, standard deviations (n - 1 in the divisor, 0 for one row) from the means
   * as they were rounded. False where they were left alone.
   */
  moments(rows: readonly PackedRow[], mean: Float32Array, deviation: Float32Array | undefined): boolean;
  /** The next parameters may take the direction's place. False where it was left alone. */
  step(step: OptimizerStep): boolean;
  /** False where it was left alone. */
  adamw(step: AdamwStep): boolean;
}

export interface LinearAlgebra {
  readonly encoding?: EncodingKernels;
  readonly vectors?: VectorKernels;
  /** Absent where rows have to be unpacked block by block (streaming-linear-algebra.ts). */
  readonly packed?: PackedAlgebra;
  /** An n x d matrix of zeros in this implementation's memory. */
  createMatrix(n: number, d: number): Matrix;
  /**
   * Row-major n x n inner products <x_i - reference, x_j - reference>; float32 products, float64 sums per block. Added
   * to `onto` (which is returned) where given: blocks of columns that are added one after the other give the same bytes
   * as one call, if all but the last have a multiple of SEGMENT_COLUMNS columns.
   */
  gram(x: Matrix, reference?: Float32Array, onto?: Float64Array): Float64Array;
  /** out = base + sum_i coefficients[i] x_i, accumulated in float64, rounded once; out has length d. */
  weightedSum(x: Matrix, coefficients: Float64Array, out: Float32Array, base?: Float32Array): void;
  /** n squared Euclidean distances of the rows to a point of length d; added to `onto` as in gram. */
  squaredDistances(x: Matrix, point: Float32Array, onto?: Float64Array): Float64Array;
  /** Ascending indices of the rows that hold NaN or an infinity: the one call that takes such input. */
  nonFiniteRows(x: Matrix): number[];
  /** The statistic of every column, into out of length d. */
  columns(x: Matrix, statistic: ColumnStatistic, out: Float32Array): void;
  /** Eigen-decomposition of a symmetric row-major n x n matrix. */
  eigenSymmetric(matrix: Float64Array, n: number): EigenDecomposition;
  /** Ends worker threads and frees memory. */
  close(): void;
}
