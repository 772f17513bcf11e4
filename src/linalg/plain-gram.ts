/**
 * Gram matrix and squared distances in plain typed arrays, with the additions in the order that gram-blocks.ts
 * defines. `Math.fround` after each operation makes it a float32 operation.
 */
import { FOLD_COLUMNS, LARGEST_SQUARED_NORM, SEGMENT_COLUMNS, SMALLEST_SQUARED_NORM } from './gram-blocks.ts';

const round = Math.fround;

/** Adds to `gram` (row-major n x n) the inner products of the rows, less the reference (length d) if there is one. */
export function addPlainGram(
  gram: Float64Array,
  rows: readonly Float32Array[],
  d: number,
  reference?: Float32Array,
): void {
  const shifted = reference && rows.map(() => new Float32Array(Math.min(d, SEGMENT_COLUMNS)));
  for (let start = 0; start < d; start += SEGMENT_COLUMNS) {
    const end = Math.min(d, start + SEGMENT_COLUMNS);
    let segment = rows.map((row) => row.subarray(start, end));
    if (reference && shifted) {
      segment = segment.map((row, i) =>
        subtract(row, reference.subarray(start, end), shifted[i] as Float32Array),
      );
    }
    let partial = segmentGram(segment, dotFloat32);
    if (!isSafe(partial, segment)) {
      const wide = rows.map((row) => Float64Array.from(row.subarray(start, end)));
      if (reference) for (const row of wide) row.forEach((x, c) => (row[c] = x - reference[start + c]!));
      partial = segmentGram(wide, dotFloat64);
    }
    for (let i = 0; i < gram.length; i++) gram[i]! += partial[i]!;
  }
}

function subtract(row: Float32Array, reference: Float32Array, out: Float32Array): Float32Array {
  for (let c = 0; c < row.length; c++) out[c] = row[c]! - reference[c]!;
  return out.subarray(0, row.length);
}

function segmentGram<T>(rows: readonly T[], dot: (a: T, b: T) => number): Float64Array {
  const n = rows.length;
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      gram[i * n + j] = gram[j * n + i] = dot(rows[i] as T, rows[j] as T);
    }
  }
  return gram;
}

function isSafe(gram: Float64Array, rows: readonly Float32Array[]): boolean {
  return rows.every((row, i) => {
    const squaredNorm = gram[i * (rows.length + 1)]!;
    if (squaredNorm === 0) return row.every((x) => x === 0);
    return squaredNorm >= SMALLEST_SQUARED_NORM && squaredNorm <= LARGEST_SQUARED_NORM;
  });
}

function dotFloat32(a: Float32Array, b: Float32Array): number {
  let even = 0;
  let odd = 0;
  for (let start = 0; start < a.length; start += FOLD_COLUMNS) {
    const end = Math.min(a.length, start + FOLD_COLUMNS);
    const whole = end - ((end - start) % 4);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let c = start; c < whole; c += 4) {
      s0 = round(s0 + round(a[c]! * b[c]!));
      s1 = round(s1 + round(a[c + 1]! * b[c + 1]!));
      s2 = round(s2 + round(a[c + 2]! * b[c + 2]!));
      s3 = round(s3 + round(a[c + 3]! * b[c + 3]!));
    }
    if (whole < end) s0 = round(s0 + round(a[whole]! * b[whole]!));
    if (whole + 1 < end) s1 = round(s1 + round(a[whole + 1]! * b[whole + 1]!));
    if (whole + 2 < end) s2 = round(s2 + round(a[whole + 2]! * b[whole + 2]!));
    even += s0 + s2;
    odd += s1 + s3;
  }
  return even + odd;
}

function dotFloat64(a: Float64Array, b: Float64Array): number {
  let even = 0;
  let odd = 0;
  for (let c = 0; c < a.length; c += 2) {
    even += a[c]! * b[c]!;
    if (c + 1 < a.length) odd += a[c + 1]! * b[c + 1]!;
  }
  return even + odd;
}

/** Adds to `distances` the rows' squared Euclidean distances to a point, all in float64: exact, no overflow. */
export function addPlainSquaredDistances(
  distances: Float64Array,
  rows: readonly Float32Array[],
  d: number,
  point: Float32Array,
): void {
  for (const [i, row] of rows.entries()) {
    for (let start = 0; start < d; start += SEGMENT_COLUMNS) {
      distances[i]! += segmentDistance(row, point, start, Math.min(d, start + SEGMENT_COLUMNS));
    }
  }
}

/** Four lanes by column modulo four, added as (0 + 2) + (1 + 3). */
function segmentDistance(row: Float32Array, point: Float32Array, start: number, end: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let c = start;
  for (; c + 3 < end; c += 4) {
    const d0 = row[c]! - point[c]!;
    const d1 = row[c + 1]! - point[c + 1]!;
    const d2 = row[c + 2]! - point[c + 2]!;
    const d3 = row[c + 3]! - point[c + 3]!;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  if (c < end) s0 += (row[c]! - point[c]!) ** 2;
  if (c + 1 < end) s1 += (row[c + 1]! - point[c + 1]!) ** 2;
  if (c + 2 < end) s2 += (row[c + 2]! - point[c + 2]!) ** 2;
  return s0 + s2 + (s1 + s3);
}
