/**
 * Binary logistic regression on sparse rows, as the a9a experiments of arXiv 2311.14127 state it: mean cross-entropy
 * plus (l2 / 2) ||w||^2, no bias, labels {0, 1}. Loss and gradient in float64 over compressed rows; exp and log are
 * the exact ones, so a run gives the same numbers on every machine.
 */
import { exactExp, exactLog } from '../../src/foundation/exact-math.ts';
import type { Dataset } from '../../src/training/dataset.ts';

/** Rows one after another; row i holds entries rowStart[i] .. rowStart[i + 1] - 1. Shareable between threads. */
export interface SparseRows {
  readonly rowStart: Uint32Array;
  readonly column: Uint16Array;
  readonly value: Float64Array;
  readonly label: Uint8Array;
  readonly columns: number;
}

/** Compresses a dense table and scales every row to unit length in float64. */
export function compressRows(data: Dataset): SparseRows {
  const columns = data.featureShape[0] ?? 0;
  const rowStart = new Uint32Array(data.size + 1);
  const label = new Uint8Array(data.size);
  const column: number[] = [];
  const value: number[] = [];
  for (let i = 0; i < data.size; i++) {
    const { features } = data.read([i]);
    let squares = 0;
    for (const x of features) squares += x * x;
    const length = Math.sqrt(squares) || 1;
    features.forEach((x: number, j: number) => {
      if (x === 0) return;
      column.push(j);
      value.push(x / length);
    });
    label[i] = data.label(i);
    rowStart[i + 1] = column.length;
  }
  return { rowStart, column: Uint16Array.from(column), value: Float64Array.from(value), label, columns };
}

export class SparseLogistic {
  readonly rows: SparseRows;
  readonly l2: number;

  constructor(rows: SparseRows, l2: number) {
    this.rows = rows;
    this.l2 = l2;
  }

  get size(): number {
    return this.rows.label.length;
  }

  loss(w: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < this.size; i++) {
      const z = this.score(i, w);
      // log(1 + e^z) - y z, without overflow
      const magnitude = Math.abs(z);
      sum += Math.max(z, 0) + exactLog(1 + exactExp(-magnitude)) - (this.rows.label[i] as number) * z;
    }
    let squares = 0;
    for (let j = 0; j < w.length; j++) squares += (w[j] as number) * (w[j] as number);
    return sum / this.size + (this.l2 / 2) * squares;
  }

  /** Mean gradient over some rows (all, unless given), regularisation included; `reversed` turns the labels around. */
  gradient(w: ArrayLike<number>, indices?: ArrayLike<number>, reversed = false): Float64Array {
    const { rowStart, column, value, label } = this.rows;
    const gradient = new Float64Array(this.rows.columns);
    const count = indices?.length ?? this.size;
    for (let b = 0; b < count; b++) {
      const i = indices === undefined ? b : (indices[b] as number);
      const y = reversed ? 1 - (label[i] as number) : (label[i] as number);
      const residual = (sigmoid(this.score(i, w)) - y) / count;
      for (let e = rowStart[i] as number; e < (rowStart[i + 1] as number); e++) {
        const j = column[e] as number;
        gradient[j] = (gradient[j] as number) + residual * (value[e] as number);
      }
    }
    for (let j = 0; j < gradient.length; j++) {
      gradient[j] = (gradient[j] as number) + this.l2 * (w[j] as number);
    }
    return gradient;
  }

  /** Row-major Hessian over all rows. */
  hessian(w: ArrayLike<number>): Float64Array {
    const { rowStart, column, value, columns } = this.rows;
    const hessian = new Float64Array(columns * columns);
    for (let i = 0; i < this.size; i++) {
      const s = sigmoid(this.score(i, w));
      const weight = (s * (1 - s)) / this.size;
      const end = rowStart[i + 1] as number;
      for (let a = rowStart[i] as number; a < end; a++) {
        const row = (column[a] as number) * columns;
        const scale = weight * (value[a] as number);
        for (let b = rowStart[i] as number; b < end; b++) {
          const at = row + (column[b] as number);
          hessian[at] = (hessian[at] as number) + scale * (value[b] as number);
        }
      }
    }
    for (let j = 0; j < columns; j++)
      hessian[j * columns + j] = (hessian[j * columns + j] as number) + this.l2;
    return hessian;
  }

  private score(i: number, w: ArrayLike<number>): number {
    const { rowStart, column, value } = this.rows;
    let z = 0;
    for (let e = rowStart[i] as number; e < (rowStart[i + 1] as number); e++) {
      z += (value[e] as number) * (w[column[e] as number] as number);
    }
    return z;
  }
}

function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + exactExp(-z));
  const e = exactExp(z);
  return e / (1 + e);
}

/** The minimiser and the least loss, by Newton's method; the loss is strongly convex, so this is f* to rounding. */
export function minimise(problem: SparseLogistic): { readonly w: Float64Array; readonly loss: number } {
  const d = problem.rows.columns;
  const w = new Float64Array(d);
  for (let iteration = 0; iteration < MOST_NEWTON_STEPS; iteration++) {
    const gradient = problem.gradient(w);
    const step = solve(problem.hessian(w), gradient);
    for (let j = 0; j < d; j++) w[j] = (w[j] as number) - (step[j] as number);
    if (step.every((s) => Math.abs(s) < NEWTON_TOLERANCE)) break;
  }
  return { w, loss: problem.loss(w) };
}

const MOST_NEWTON_STEPS = 30;
const NEWTON_TOLERANCE = 1e-13;

/** Solves H x = b for a positive definite row-major H (Cholesky); overwrites H. */
function solve(h: Float64Array, b: Float64Array): Float64Array {
  const d = b.length;
  for (let j = 0; j < d; j++) {
    for (let i = j; i < d; i++) {
      let sum = h[i * d + j] as number;
      for (let k = 0; k < j; k++) sum -= (h[i * d + k] as number) * (h[j * d + k] as number);
      h[i * d + j] = i === j ? Math.sqrt(sum) : sum / (h[j * d + j] as number);
    }
  }
  const x = b.slice();
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] as number) - (h[i * d + k] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (h[i * d + i] as number);
  }
  for (let i = d - 1; i >= 0; i--) {
    for (let k = i + 1; k < d; k++) x[i] = (x[i] as number) - (h[k * d + i] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (h[i * d + i] as number);
  }
  return x;
}
