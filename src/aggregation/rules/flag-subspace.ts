/**
 * Subspaces of the span of n unit vectors U, as n x r coefficient matrices A with Y = U A and Y'Y = 1. The top-r left
 * singular vectors of [w_i u_i | w_ij (...)] follow from W = sum of the columns' coefficient outer products: with
 * K = R R', R = Q sqrt(eigenvalues), the top eigenvectors Z of R' W R give Y = U R^{-T} Z. K may be singular: directions
 * whose eigenvalue is below rounding are left out.
 */
import type { LinearAlgebra } from '../../linalg/linear-algebra.ts';

/** Relative to the greatest eigenvalue of K. */
const SMALLEST_EIGENVALUE = 2 ** -46;

export interface Subspace {
  /** Row-major n x r. */
  readonly columns: Float64Array;
  readonly r: number;
}

export class UnitSpace {
  readonly n: number;
  readonly gram: Float64Array;
  readonly linalg: Pick<LinearAlgebra, 'eigenSymmetric'>;
  /** Number of directions that the unit vectors span. */
  readonly rank: number;
  /** Row-major n x rank: R and its pseudo-inverse transposed. */
  readonly root: Float64Array;
  readonly inverseRoot: Float64Array;

  constructor(gram: Float64Array, n: number, linalg: Pick<LinearAlgebra, 'eigenSymmetric'>) {
    this.gram = gram;
    this.n = n;
    this.linalg = linalg;
    const { values, vectors } = linalg.eigenSymmetric(gram, n);
    const floor = SMALLEST_EIGENVALUE * values[n - 1]!;
    let first = 0;
    while (first < n && !(values[first]! > floor)) first++;
    this.rank = n - first;
    this.root = new Float64Array(n * this.rank);
    this.inverseRoot = new Float64Array(n * this.rank);
    for (let k = 0; k < this.rank; k++) {
      const scale = Math.sqrt(values[first + k]!);
      for (let i = 0; i < n; i++) {
        const entry = vectors[i * n + first + k]!;
        this.root[i * this.rank + k] = entry * scale;
        this.inverseRoot[i * this.rank + k] = entry / scale;
      }
    }
  }

  /** A function (i, j, a, b) -> |Y'(a u_i - b u_j)|^2. */
  explainedBy({ columns, r }: Subspace): (i: number, j: number, a: number, b: number) => number {
    const { n, gram } = this;
    const coordinates = multiply(gram, n, n, columns, r); // row i: Y'u_i
    return (i, j, a, b) => {
      let sum = 0;
      for (let k = 0; k < r; k++) {
        const x = a * coordinates[i * r + k]! - b * coordinates[j * r + k]!;
        sum += x * x;
      }
      return sum;
    };
  }
}

/** The r-dimensional subspace that captures most of the columns whose coefficient outer products add up to `weights`. */
export function fitSubspace(space: UnitSpace, weights: Float64Array, r: number): Subspace {
  const { n, rank, root, inverseRoot } = space;
  const kept = Math.min(r, rank);
  if (kept === 0) return { columns: new Float64Array(0), r: 0 };
  const half = multiply(weights, n, n, root, rank);
  const projected = new Float64Array(rank * rank);
  for (let a = 0; a < rank; a++) {
    for (let b = 0; b < rank; b++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += root[i * rank + a]! * half[i * rank + b]!;
      projected[a * rank + b] = sum;
    }
  }
  const { vectors } = space.linalg.eigenSymmetric(projected, rank);
  const top = new Float64Array(rank * kept);
  for (let a = 0; a < rank; a++) {
    for (let k = 0; k < kept; k++) top[a * kept + k] = vectors[a * rank + rank - 1 - k]!;
  }
  return { columns: multiply(inverseRoot, n, rank, top, kept), r: kept };
}

/** Coefficients over the unit vectors of Y Y' sum_i scales_i u_i: A A' K scales. */
export function projectOnto({ columns, r }: Subspace, space: UnitSpace, scales: Float64Array): Float64Array {
  const { n, gram } = space;
  if (r === 0) return new Float64Array(n);
  const product = multiply(gram, n, n, scales, 1);
  const coordinates = new Float64Array(r);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < r; k++) coordinates[k]! += columns[i * r + k]! * product[i]!;
  return multiply(columns, n, r, coordinates, 1);
}

/** Row-major (m x k) times (k x p). */
function multiply(a: Float64Array, m: number, k: number, b: Float64Array, p: number): Float64Array {
  const product = new Float64Array(m * p);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) {
      const factor = a[i * k + j]!;
      if (factor === 0) continue;
      for (let c = 0; c < p; c++) product[i * p + c]! += factor * b[j * p + c]!;
    }
  }
  return product;
}
