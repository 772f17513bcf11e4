/**
 * The passes over the n x d numbers that aggregation is made of. Rules and pre-aggregators never see the numbers;
 * a pipeline asks for as few passes as it can. In memory it is a matrix, beyond it a stream of column blocks.
 */
import { present } from '../foundation/assert.ts';
import { PIECE_COLUMNS } from '../linalg/gram-blocks.ts';
import type { ColumnStatistic, LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import type { Combination } from './geometry.ts';
import { mixedColumns } from './mixed-columns.ts';

/** A point in R^d: zero, the previous aggregate, an input, or the base's aggregate that CTMA trims around. */
export type Place = 'origin' | 'previous' | 'base' | { readonly row: number };

/** Where a pass leaves its vector. */
export type Target = 'out' | 'base';

export interface Passes {
  readonly n: number;
  readonly d: number;
  /** n x n inner products around a place. */
  gram(around: Exclude<Place, 'base'>): Float64Array;
  /** n squared distances to a place, in float64. */
  squaredDistances(to: Place): Float64Array;
  /**
   * Inner products in float64 around a place: for each of the points, those with the n inputs, then those with the points.
   * Close inputs or two anchors are needed to want them.
   */
  innerProducts(around: Place, points: readonly Place[]): Float64Array;
  /** Writes sum_i coefficients[i] x_i + previousCoefficient previous. */
  combine(coefficients: Float64Array, previousCoefficient: number, target: Target): void;
  /** Writes the statistic of every coordinate of the inputs, or of combinations of them. */
  columns(points: readonly Combination[] | undefined, statistic: ColumnStatistic, target: Target): void;
  sameRow(i: number, j: number): boolean;
  /** Those of the rows that hold NaN or an infinity. */
  nonFiniteRows(among: readonly number[]): number[];
}

/** Passes over a matrix in memory. `base` shares `out`: it is read before the aggregate is written. */
export class MatrixPasses implements Passes {
  readonly n: number;
  readonly d: number;
  private readonly x: Matrix;
  private readonly linalg: LinearAlgebra;
  private readonly out: Float32Array;
  private readonly previous: Float32Array | undefined;

  constructor(x: Matrix, linalg: LinearAlgebra, out: Float32Array, previous?: Float32Array) {
    this.n = x.n;
    this.d = x.d;
    this.x = x;
    this.linalg = linalg;
    this.out = out;
    this.previous = previous;
  }

  gram(around: Exclude<Place, 'base'>): Float64Array {
    return around === 'origin' ? this.linalg.gram(this.x) : this.linalg.gram(this.x, this.vector(around));
  }

  squaredDistances(to: Place): Float64Array {
    return this.linalg.squaredDistances(this.x, this.vector(to));
  }

  innerProducts(around: Place, points: readonly Place[]): Float64Array {
    const vectors = points.map((point) => this.vector(point));
    const rows = [...Array.from({ length: this.n }, (_, i) => this.x.row(i)), ...vectors];
    const products = new Float64Array(vectors.length * rows.length);
    addInnerProducts(products, rows, this.vector(around), vectors);
    return products;
  }

  combine(coefficients: Float64Array, previousCoefficient: number): void {
    let base: Float32Array | undefined;
    if (previousCoefficient !== 0) {
      base = this.vector('previous');
      if (previousCoefficient !== 1) base = base.map((x) => previousCoefficient * x);
    }
    this.linalg.weightedSum(this.x, coefficients, this.out, base);
  }

  columns(points: readonly Combination[] | undefined, statistic: ColumnStatistic): void {
    if (points === undefined) {
      this.linalg.columns(this.x, statistic, this.out);
      return;
    }
    const read = (start: number, end: number, into: Matrix): void => {
      for (let i = 0; i < this.n; i++) into.row(i).set(this.x.row(i).subarray(start, end));
    };
    const write = (start: number, values: Float32Array): void => this.out.set(values, start);
    mixedColumns(this.linalg, this.x, read, points, statistic, write);
  }

  sameRow(i: number, j: number): boolean {
    const [a, b] = [this.x.row(i), this.x.row(j)];
    for (let c = 0; c < a.length; c++) if (a[c] !== b[c]) return false;
    return true;
  }

  nonFiniteRows(among: readonly number[]): number[] {
    return this.linalg.nonFiniteRows(this.x).filter((i) => among.includes(i));
  }

  private vector(place: Place): Float32Array {
    if (place === 'origin') return new Float32Array(this.d);
    if (place === 'base') return this.out;
    if (place !== 'previous') return this.x.row(place.row);
    return present(this.previous, 'previous aggregate');
  }
}

/** Adds <row - center, point - center> of a block of columns, for each point and row. */
export function addInnerProducts(
  products: Float64Array,
  rows: readonly Float32Array[],
  center: Float32Array,
  points: readonly Float32Array[],
): void {
  points.forEach((point, a) => {
    rows.forEach((row, i) => {
      for (let start = 0; start < row.length; start += PIECE_COLUMNS) {
        const end = Math.min(row.length, start + PIECE_COLUMNS);
        let sum = 0;
        for (let c = start; c < end; c++) sum += (row[c]! - center[c]!) * (point[c]! - center[c]!);
        products[a * rows.length + i]! += sum;
      }
    });
  });
}
