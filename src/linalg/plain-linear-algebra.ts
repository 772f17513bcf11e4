/**
 * Linear algebra in plain typed arrays: the definition that the WebAssembly implementation must match byte for byte,
 * the baseline of the benchmark, and what runs where WebAssembly SIMD or threads are missing.
 */
import { assert } from '../foundation/assert.ts';
import { eigenSymmetric } from './eigen-symmetric.ts';
import type { ColumnStatistic, LinearAlgebra, Matrix } from './linear-algebra.ts';
import { checkStatistic, checkVector } from './operands.ts';
import { plainColumns } from './plain-columns.ts';
import { addPlainGram, addPlainSquaredDistances } from './plain-gram.ts';

/** Columns whose weighted sum is held in float64 at a time. */
const BLOCK_COLUMNS = 4096;

export function createPlainLinearAlgebra(): LinearAlgebra {
  return {
    ...{ createMatrix, gram, weightedSum, squaredDistances, nonFiniteRows, columns, eigenSymmetric },
    close: () => {},
  };
}

function createMatrix(n: number, d: number): Matrix {
  const rows = Array.from({ length: n }, () => new Float32Array(d));
  return {
    n,
    d,
    row(i) {
      const row = rows[i];
      assert(row !== undefined, `row ${i} of a matrix of ${rows.length} rows (0 once freed)`);
      return row;
    },
    free() {
      rows.length = 0;
    },
  };
}

function rowsOf(x: Matrix): Float32Array[] {
  return Array.from({ length: x.n }, (_, i) => x.row(i));
}

function gram(x: Matrix, reference?: Float32Array, onto = new Float64Array(x.n * x.n)): Float64Array {
  checkVector('onto', onto, x.n * x.n);
  if (reference) checkVector('reference', reference, x.d);
  addPlainGram(onto, rowsOf(x), x.d, reference);
  return onto;
}

function squaredDistances(x: Matrix, point: Float32Array, onto = new Float64Array(x.n)): Float64Array {
  checkVector('onto', onto, x.n);
  checkVector('point', point, x.d);
  addPlainSquaredDistances(onto, rowsOf(x), x.d, point);
  return onto;
}

function nonFiniteRows(x: Matrix): number[] {
  return Array.from({ length: x.n }, (_, i) => i).filter((i) => {
    const row = x.row(i);
    for (let c = 0; c < row.length; c++) if (row[c]! - row[c]! !== 0) return true;
    return false;
  });
}

function weightedSum(x: Matrix, coefficients: Float64Array, out: Float32Array, base?: Float32Array): void {
  checkVector('coefficients', coefficients, x.n);
  checkVector('out', out, x.d);
  if (base) checkVector('base', base, x.d);
  const rows = rowsOf(x);
  const sums = new Float64Array(Math.min(x.d, BLOCK_COLUMNS));
  for (let start = 0; start < x.d; start += BLOCK_COLUMNS) {
    const width = Math.min(BLOCK_COLUMNS, x.d - start);
    for (let c = 0; c < width; c++) sums[c] = base ? base[start + c]! : 0;
    for (let i = 0; i < rows.length; i++) addScaled(sums, rows[i]!, coefficients[i]!, start, width);
    for (let c = 0; c < width; c++) out[start + c] = sums[c]!;
  }
}

function addScaled(sums: Float64Array, row: Float32Array, scale: number, start: number, width: number): void {
  for (let c = 0; c < width; c++) sums[c]! += scale * row[start + c]!;
}

function columns(x: Matrix, statistic: ColumnStatistic, out: Float32Array): void {
  checkVector('out', out, x.d);
  checkStatistic(statistic, x.n);
  plainColumns(rowsOf(x), x.d, statistic, out);
}
