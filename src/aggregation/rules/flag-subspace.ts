/**
 * Subspaces of the span of n unit vectors u_i, and directions in it, by coefficients.
 *
 * Unit vectors that are nearly parallel span their differences only to the accuracy of the square root of rounding if
 * all is computed from their inner products. So the frame that carries the coefficients is V = [m, (u_i - m) / sigma] with
 * the mean m and sigma the root mean square of |u_i - m|: u_i = V (e_0 + sigma e_i), and differences are exact.
 *
 * The top-r left singular vectors of columns V t_k follow from W = sum_k t_k t_k': with V'V = R R', R = Q sqrt(eigenvalues),
 * the top eigenvectors Z of R'WR give Y = V A, A = R^{-T} Z. V'V is singular (the deviations add up to zero), so directions
 * whose eigenvalue is below rounding are left out.
 */
import { present } from '../../foundation/assert.ts';
import type { LinearAlgebra } from '../../linalg/linear-algebra.ts';
import { innerProducts, unit, type Combination, type Geometry } from '../geometry.ts';

/** Relative to the greatest eigenvalue of V'V. */
const SMALLEST_EIGENVALUE = 2 ** -44;

/** Of the deviations, relative to |m|; below it they are rounding, and scaling them up would make it a direction. */
const SMALLEST_SPREAD = 2 ** -36;

type Eigen = Pick<LinearAlgebra, 'eigenSymmetric'>;

/** a u_i - b u_j, to be explained by the subspace; a unit input itself is (i, i, 1, 0). */
export interface Direction {
  readonly i: number;
  readonly j: number;
  readonly a: number;
  readonly b: number;
  /** a - b, which the caller may know without cancellation. */
  readonly difference: number;
}

/** Row-major (n + 1) x r coefficients over the frame. */
export interface Subspace {
  readonly columns: Float64Array;
  readonly r: number;
}

export class Frame {
  readonly n: number;
  private readonly vectors: readonly Float64Array[];
  private readonly sigma: number;
  private readonly gram: Float64Array;
  private readonly rank: number;
  /** Row-major (n + 1) x rank: R and its pseudo-inverse transposed. */
  private readonly root: Float64Array;
  private readonly inverseRoot: Float64Array;
  private readonly linalg: Eigen;

  /** `units` are the combinations of unit length from the anchor `origin`. */
  constructor(geometry: Geometry, units: readonly Combination[], origin: number, linalg: Eigen) {
    const n = units.length;
    this.n = n;
    this.linalg = linalg;
    const mean = new Float64Array(geometry.size);
    for (const point of units) point.forEach((x, k) => (mean[k]! += x / n));
    const deviations = units.map((point) => point.map((x, k) => x - mean[k]!));
    const squares = innerProducts(geometry, deviations);
    let total = 0;
    for (let i = 0; i < n; i++) total += Math.max(0, squares[i * n + i]!);
    const center = mean.map((x, k) => (k === origin ? x - 1 : x));
    const spread = Math.sqrt(total / n);
    const length = Math.sqrt(innerProducts(geometry, [center])[0]!);
    this.sigma = spread > SMALLEST_SPREAD * length ? spread : 1;
    this.vectors = [center, ...deviations.map((deviation) => deviation.map((x) => x / this.sigma))];
    this.gram = innerProducts(geometry, this.vectors);

    const size = n + 1;
    const { values, vectors } = linalg.eigenSymmetric(this.gram, size);
    const floor = SMALLEST_EIGENVALUE * values[n]!;
    const first = values.findIndex((value) => value > floor);
    this.rank = first < 0 ? 0 : size - first;
    this.root = new Float64Array(size * this.rank);
    this.inverseRoot = new Float64Array(size * this.rank);
    for (let k = 0; k < this.rank; k++) {
      const scale = Math.sqrt(values[first + k]!);
      for (let i = 0; i < size; i++) {
        const entry = vectors[i * size + first + k]!;
        this.root[i * this.rank + k] = entry * scale;
        this.inverseRoot[i * this.rank + k] = entry / scale;
      }
    }
  }

  /** The r-dimensional subspace that captures most of the directions under their weights. */
  fit(directions: readonly Direction[], weights: Float64Array, r: number): Subspace {
    const { n, rank, root } = this;
    const kept = Math.min(r, rank);
    const size = n + 1;
    const outer = new Float64Array(size * size);
    directions.forEach((direction, k) => {
      const terms = this.terms(direction);
      for (const [p, x] of terms) for (const [q, y] of terms) outer[p * size + q]! += weights[k]! * x * y;
    });
    const half = multiply(outer, size, size, root, rank);
    const projected = new Float64Array(rank * rank);
    for (let i = 0; i < size; i++) {
      for (let a = 0; a < rank; a++) {
        const factor = root[i * rank + a]!;
        for (let b = 0; b < rank; b++) projected[a * rank + b]! += factor * half[i * rank + b]!;
      }
    }
    const { vectors } = this.linalg.eigenSymmetric(projected, rank);
    const top = new Float64Array(rank * kept);
    for (let a = 0; a < rank; a++) {
      for (let k = 0; k < kept; k++) top[a * kept + k] = vectors[a * rank + rank - 1 - k]!;
    }
    return { columns: multiply(this.inverseRoot, size, rank, top, kept), r: kept };
  }

  /** |Y'(a u_i - b u_j)|^2 for each direction. */
  explained(directions: readonly Direction[], { columns, r }: Subspace): Float64Array {
    const size = this.n + 1;
    const coordinates = multiply(this.gram, size, size, columns, r); // row k: Y' times the frame's vector k
    return Float64Array.from(directions, (direction) => {
      const terms = this.terms(direction);
      let sum = 0;
      for (let k = 0; k < r; k++) {
        let x = 0;
        for (const [p, coefficient] of terms) x += coefficient * coordinates[p * r + k]!;
        sum += x * x;
      }
      return sum;
    });
  }

  /** The combination that `factor` Y Y' sum_i scales_i u_i is, from the anchor `origin`. */
  project(
    geometry: Geometry,
    origin: number,
    subspace: Subspace,
    scales: Float64Array,
    factor: number,
  ): Combination {
    const { columns, r } = subspace;
    const size = this.n + 1;
    const sum = new Float64Array(size);
    scales.forEach((scale, i) => {
      sum[0]! += scale;
      sum[i + 1] = this.sigma * scale;
    });
    const product = multiply(this.gram, size, size, sum, 1);
    const coordinates = new Float64Array(r);
    for (let p = 0; p < size; p++)
      for (let k = 0; k < r; k++) coordinates[k]! += columns[p * r + k]! * product[p]!;
    const coefficients = multiply(columns, size, r, coordinates, 1);
    const combination = unit(geometry, origin);
    coefficients.forEach((coefficient, p) => {
      const vector = present(this.vectors[p], 'frame vector');
      for (let k = 0; k < combination.length; k++) combination[k]! += factor * coefficient * vector[k]!;
    });
    return combination;
  }

  /** The direction's coefficients over the frame, as (index, coefficient). */
  private terms({ i, j, a, b, difference }: Direction): readonly (readonly [number, number])[] {
    const first = [[0, difference] as const, [i + 1, a * this.sigma] as const];
    return b === 0 ? first : [...first, [j + 1, -b * this.sigma] as const];
  }
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
