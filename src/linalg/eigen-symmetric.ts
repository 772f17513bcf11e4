/**
 * Eigen-decomposition of a real symmetric matrix in float64: Householder reduction to tridiagonal form, then QL with
 * implicit shifts (Bowdler, Martin, Reinsch, Wilkinson 1968; EISPACK tred2 and tql2). Uses + - * / and sqrt in a fixed
 * order only, so every machine gives the same bits. Eigenvalues ascend; each eigenvector's entry of greatest magnitude
 * (the first such) is positive. Departure: the matrix is scaled to a greatest magnitude of about 1 by a power of two,
 * so squares neither overflow nor vanish.
 */
import { assert } from '../foundation/assert.ts';
import type { EigenDecomposition } from './linear-algebra.ts';

const EPSILON = 2 ** -52;
/** Each eigenvalue takes two or three; EISPACK gives up at thirty, which never happens for finite input. */
const MOST_ITERATIONS_PER_VALUE = 60;

/** Eigenvalues and eigenvectors of a row-major symmetric n x n matrix of finite numbers. Reads both triangles' mean. */
export function eigenSymmetric(matrix: Float64Array, n: number): EigenDecomposition {
  assert(matrix.length === n * n, `eigen needs ${n * n} numbers, got ${matrix.length}`);
  const scale = powerOfTwoBelow(matrix.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      vectors[i * n + j] = (matrix[i * n + j]! / scale + matrix[j * n + i]! / scale) / 2;
    }
  }
  const values = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  if (n > 0) {
    tridiagonalize(vectors, values, offDiagonal, n);
    diagonalize(vectors, values, offDiagonal, n);
  }
  return sortAscending(values, vectors, n, scale);
}

function powerOfTwoBelow(x: number): number {
  let power = 1;
  if (x === 0) return power;
  assert(x < Infinity, 'eigen needs finite numbers');
  while (power > x && power > 2 ** -1000) power /= 2;
  while (power <= x / 2) power *= 2;
  return power;
}

/** tred2: V becomes the orthogonal transformation, d the diagonal, e the sub-diagonal (e[0] = 0). */
function tridiagonalize(V: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) d[j] = V[(n - 1) * n + j]!;
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    let h = 0;
    if (scale === 0) {
      e[i] = d[i - 1]!;
      for (let j = 0; j < i; j++) {
        d[j] = V[(i - 1) * n + j]!;
        V[i * n + j] = V[j * n + i] = 0;
      }
    } else {
      h = reflect(V, d, e, n, i, scale);
    }
    d[i] = h;
  }
  accumulateReflections(V, d, n);
  e[0] = 0;
}

/** One Householder step of tred2 on row i; returns the reflection's h. */
function reflect(
  V: Float64Array,
  d: Float64Array,
  e: Float64Array,
  n: number,
  i: number,
  scale: number,
): number {
  let h = 0;
  for (let k = 0; k < i; k++) {
    d[k]! /= scale;
    h += d[k]! * d[k]!;
  }
  const f0 = d[i - 1]!;
  const g0 = f0 > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * g0;
  h -= f0 * g0;
  d[i - 1] = f0 - g0;
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const f = d[j]!;
    V[j * n + i] = f;
    let g = e[j]! + V[j * n + j]! * f;
    for (let k = j + 1; k < i; k++) {
      g += V[k * n + j]! * d[k]!;
      e[k]! += V[k * n + j]! * f;
    }
    e[j] = g;
  }
  let f = 0;
  for (let j = 0; j < i; j++) {
    e[j]! /= h;
    f += e[j]! * d[j]!;
  }
  const half = f / (h + h);
  for (let j = 0; j < i; j++) e[j]! -= half * d[j]!;
  for (let j = 0; j < i; j++) {
    const fj = d[j]!;
    const gj = e[j]!;
    for (let k = j; k < i; k++) V[k * n + j]! -= fj * e[k]! + gj * d[k]!;
    d[j] = V[(i - 1) * n + j]!;
    V[i * n + j] = 0;
  }
  return h;
}

function accumulateReflections(V: Float64Array, d: Float64Array, n: number): void {
  for (let i = 0; i < n - 1; i++) {
    V[(n - 1) * n + i] = V[i * n + i]!;
    V[i * n + i] = 1;
    const h = d[i + 1]!;
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = V[k * n + i + 1]! / h;
      for (let j = 0; j <= i; j++) {
        let g = 0;
        for (let k = 0; k <= i; k++) g += V[k * n + i + 1]! * V[k * n + j]!;
        for (let k = 0; k <= i; k++) V[k * n + j]! -= g * d[k]!;
      }
    }
    for (let k = 0; k <= i; k++) V[k * n + i + 1] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = V[(n - 1) * n + j]!;
    V[(n - 1) * n + j] = 0;
  }
  V[n * n - 1] = 1;
}

/** tql2: d becomes the eigenvalues, the columns of V the eigenvectors. */
function diagonalize(V: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let shift = 0;
  let magnitude = 0;
  for (let l = 0; l < n; l++) {
    magnitude = Math.max(magnitude, Math.abs(d[l]!) + Math.abs(e[l]!));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]!) > EPSILON * magnitude) m++;
    for (let iteration = 0; m > l; iteration++) {
      assert(iteration < MOST_ITERATIONS_PER_VALUE, 'QL did not converge');
      shift += shiftAndRotate(V, d, e, n, l, m);
      if (Math.abs(e[l]!) <= EPSILON * magnitude) break;
    }
    d[l]! += shift;
    e[l] = 0;
  }
}

/** One QL step with an implicit shift on rows l..m of tql2; returns the shift. */
function shiftAndRotate(
  V: Float64Array,
  d: Float64Array,
  e: Float64Array,
  n: number,
  l: number,
  m: number,
): number {
  const g = d[l]!;
  let p = (d[l + 1]! - g) / (2 * e[l]!);
  const r0 = Math.sqrt(p * p + 1) * (p < 0 ? -1 : 1);
  d[l] = e[l]! / (p + r0);
  d[l + 1] = e[l]! * (p + r0);
  const next = d[l + 1]!;
  const shift = g - d[l];
  for (let i = l + 2; i < n; i++) d[i]! -= shift;

  p = d[m]!;
  const el1 = e[l + 1]!;
  let c = 1;
  let c2 = 1;
  let c3 = 1;
  let s = 0;
  let s2 = 0;
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const g1 = c * e[i]!;
    const h1 = c * p;
    const r = Math.sqrt(p * p + e[i]! * e[i]!);
    e[i + 1] = s * r;
    s = e[i]! / r;
    c = p / r;
    p = c * d[i]! - s * g1;
    d[i + 1] = h1 + s * (c * g1 + s * d[i]!);
    for (let k = 0; k < n; k++) {
      const right = V[k * n + i + 1]!;
      const left = V[k * n + i]!;
      V[k * n + i + 1] = s * left + c * right;
      V[k * n + i] = c * left - s * right;
    }
  }
  p = (-s * s2 * c3 * el1 * e[l]!) / next;
  e[l] = s * p;
  d[l] = c * p;
  return shift;
}

function sortAscending(
  values: Float64Array,
  vectors: Float64Array,
  n: number,
  scale: number,
): EigenDecomposition {
  const order = Array.from({ length: n }, (_, j) => j).sort((a, b) => values[a]! - values[b]! || a - b);
  const sorted = { values: new Float64Array(n), vectors: new Float64Array(n * n) };
  order.forEach((from, to) => {
    let greatest = 0;
    for (let k = 0; k < n; k++) {
      if (Math.abs(vectors[k * n + from]!) > Math.abs(greatest)) greatest = vectors[k * n + from]!;
    }
    const sign = greatest < 0 ? -1 : 1;
    sorted.values[to] = values[from]! * scale;
    for (let k = 0; k < n; k++) sorted.vectors[k * n + to] = sign * vectors[k * n + from]!;
  });
  return sorted;
}
