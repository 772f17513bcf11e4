/**
 * C = op(A) op(B), or C += op(A) op(B), for row-major float32 matrices with any row stride. Blocked as in Goto and van
 * de Geijn (2008): B in packed panels of 8 columns, A read where it lies (or packed in panels of 5 rows where it is
 * transposed), 5 x 8 values of C in registers. Fixed order of summation, no relaxed SIMD.
 */

import { COLUMNS, packA, packB, packTransposedA, packTransposedB, ROWS } from './gemm-packing';

/** Depth and extents of the blocks that stay in the caches. */
const DEPTH_BLOCK: i32 = 256;
const ROW_BLOCK: i32 = 100;
const COLUMN_BLOCK: i32 = 512;
/** From here on a packed row of A is read often enough to make up for the packing (measured). */
const FEWEST_COLUMNS_TO_PACK: i32 = 32;

/** Bytes of scratch that one call needs. */
export function gemmScratchBytes(): i32 {
  return 4 * (DEPTH_BLOCK * COLUMN_BLOCK + DEPTH_BLOCK * ROW_BLOCK + ROWS * COLUMNS);
}

/** m x n of C from k products; a stride is a number of values from one stored row to the next; scratch is 16-byte aligned. */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aStride: i32,
  transposeA: bool,
  b: usize,
  bStride: i32,
  transposeB: bool,
  c: usize,
  cStride: i32,
  accumulate: bool,
  scratch: usize,
): void {
  const packedB = scratch;
  const packedA = packedB + 4 * DEPTH_BLOCK * COLUMN_BLOCK;
  const tile = packedA + 4 * DEPTH_BLOCK * ROW_BLOCK;
  const packs = transposeA || n >= FEWEST_COLUMNS_TO_PACK;
  for (let j = 0; j < n; j += COLUMN_BLOCK) {
    const columns = min(COLUMN_BLOCK, n - j);
    for (let p = 0; p < k; p += DEPTH_BLOCK) {
      const depth = min(DEPTH_BLOCK, k - p);
      const add = accumulate || p > 0;
      if (transposeB) packTransposedB(b + 4 * (j * bStride + p), bStride, depth, columns, packedB);
      else packB(b + 4 * (p * bStride + j), bStride, depth, columns, packedB);
      for (let i = 0; i < m; i += ROW_BLOCK) {
        const rows = min(ROW_BLOCK, m - i);
        if (transposeA) packTransposedA(a + 4 * (p * aStride + i), aStride, depth, rows, packedA);
        else if (packs) packA(a + 4 * (i * aStride + p), aStride, depth, rows, packedA);
        for (let jj = 0; jj < columns; jj += COLUMNS) {
          const panelB = packedB + 4 * jj * depth;
          const wide = columns - jj >= COLUMNS;
          for (let ii = 0; ii < rows; ii += ROWS) {
            const target = c + 4 * ((i + ii) * cStride + j + jj);
            const whole = wide && rows - ii >= ROWS;
            const out = whole ? target : tile;
            const outStride = whole ? cStride : COLUMNS;
            if (packs) multiplyPacked(depth, packedA + 4 * ii * depth, panelB, out, outStride, whole && add);
            else {
              const block = a + 4 * ((i + ii) * aStride + p);
              multiplyInPlace(depth, block, aStride, rows - ii, panelB, out, outStride, whole && add);
            }
            if (!whole) copyTile(tile, target, cStride, min(ROWS, rows - ii), min(COLUMNS, columns - jj), add);
          }
        }
      }
    }
  }
}

function copyTile(tile: usize, c: usize, stride: i32, rows: i32, columns: i32, add: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const to = c + 4 * (i * stride + j);
      const value = load<f32>(tile + 4 * (i * COLUMNS + j));
      store<f32>(to, add ? load<f32>(to) + value : value);
    }
  }
}

// @ts-ignore: decorator
@inline
function put(c: usize, low: v128, high: v128, add: bool): void {
  if (add) {
    v128.store(c, f32x4.add(v128.load(c), low));
    v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
  } else {
    v128.store(c, low);
    v128.store(c, high, 16);
  }
}

/** Five rows of A that lie `stride` values apart; the last row stands in for those beyond `rows`. */
function multiplyInPlace(
  depth: i32,
  a: usize,
  stride: i32,
  rows: i32,
  b: usize,
  c: usize,
  cStride: i32,
  add: bool,
): void {
  const step = 4 * stride;
  let a0 = a;
  let a1 = rows > 1 ? a0 + step : a0;
  let a2 = rows > 2 ? a1 + step : a1;
  let a3 = rows > 3 ? a2 + step : a2;
  let a4 = rows > 4 ? a3 + step : a3;
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00;
  const end = b + 4 * COLUMNS * depth;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a0);
    c00 = f32x4.add(c00, f32x4.mul(x0, b0));
    c01 = f32x4.add(c01, f32x4.mul(x0, b1));
    const x1 = v128.load32_splat(a1);
    c10 = f32x4.add(c10, f32x4.mul(x1, b0));
    c11 = f32x4.add(c11, f32x4.mul(x1, b1));
    const x2 = v128.load32_splat(a2);
    c20 = f32x4.add(c20, f32x4.mul(x2, b0));
    c21 = f32x4.add(c21, f32x4.mul(x2, b1));
    const x3 = v128.load32_splat(a3);
    c30 = f32x4.add(c30, f32x4.mul(x3, b0));
    c31 = f32x4.add(c31, f32x4.mul(x3, b1));
    const x4 = v128.load32_splat(a4);
    c40 = f32x4.add(c40, f32x4.mul(x4, b0));
    c41 = f32x4.add(c41, f32x4.mul(x4, b1));
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    b += 4 * COLUMNS;
  }
  const row = 4 * cStride;
  put(c, c00, c01, add);
  put(c + row, c10, c11, add);
  put(c + 2 * row, c20, c21, add);
  put(c + 3 * row, c30, c31, add);
  put(c + 4 * row, c40, c41, add);
}

/** A panel of five rows of A, packed. */
function multiplyPacked(depth: i32, a: usize, b: usize, c: usize, cStride: i32, add: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00;
  const end = b + 4 * COLUMNS * depth;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x0, b0));
    c01 = f32x4.add(c01, f32x4.mul(x0, b1));
    const x1 = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x1, b0));
    c11 = f32x4.add(c11, f32x4.mul(x1, b1));
    const x2 = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x2, b0));
    c21 = f32x4.add(c21, f32x4.mul(x2, b1));
    const x3 = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x3, b0));
    c31 = f32x4.add(c31, f32x4.mul(x3, b1));
    const x4 = v128.load32_splat(a, 16);
    c40 = f32x4.add(c40, f32x4.mul(x4, b0));
    c41 = f32x4.add(c41, f32x4.mul(x4, b1));
    a += 4 * ROWS;
    b += 4 * COLUMNS;
  }
  const row = 4 * cStride;
  put(c, c00, c01, add);
  put(c + row, c10, c11, add);
  put(c + 2 * row, c20, c21, add);
  put(c + 3 * row, c30, c31, add);
  put(c + 4 * row, c40, c41, add);
}
