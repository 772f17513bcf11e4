/**
 * C = op(A) op(B), or C += op(A) op(B), for row-major float32 matrices with any row stride. Blocked as in Goto and van
 * de Geijn (2008): B in packed panels of 8 columns, A read where it lies (or packed in panels of 5 rows where it is
 * transposed), 5 x 8 values of C in registers. Fixed order of summation, no relaxed SIMD.
 */

/** Rows and columns of C in registers; depth and extents of the blocks that stay in the caches. */
const ROWS: i32 = 5;
const COLUMNS: i32 = 8;
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

/** Panels of 8 columns, zeros beyond the last. */
function packB(b: usize, stride: i32, depth: i32, columns: i32, out: usize): void {
  for (let j = 0; j < columns; j += COLUMNS) {
    let from = b + 4 * j;
    if (columns - j >= COLUMNS) {
      for (let p = 0; p < depth; p++) {
        v128.store(out, v128.load(from));
        v128.store(out, v128.load(from, 16), 16);
        from += 4 * stride;
        out += 4 * COLUMNS;
      }
    } else {
      const rest = columns - j;
      for (let p = 0; p < depth; p++) {
        for (let jj = 0; jj < COLUMNS; jj++) {
          store<f32>(out + 4 * jj, jj < rest ? load<f32>(from + 4 * jj) : 0);
        }
        from += 4 * stride;
        out += 4 * COLUMNS;
      }
    }
  }
}

/** The same from a matrix whose rows are B's columns. */
function packTransposedB(b: usize, stride: i32, depth: i32, columns: i32, out: usize): void {
  for (let j = 0; j < columns; j += 4) {
    const panel = out + 4 * ((j & ~7) * depth + (j & 4));
    const r0 = b + 4 * j * stride;
    const r1 = r0 + 4 * stride;
    const r2 = r1 + 4 * stride;
    const r3 = r2 + 4 * stride;
    let p = 0;
    if (columns - j >= 4) {
      for (; p + 4 <= depth; p += 4) {
        const x0 = v128.load(r0 + 4 * p);
        const x1 = v128.load(r1 + 4 * p);
        const x2 = v128.load(r2 + 4 * p);
        const x3 = v128.load(r3 + 4 * p);
        const a = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
        const e = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
        const f = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
        const g = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
        const to = panel + 4 * COLUMNS * p;
        v128.store(to, v128.shuffle<f32>(a, f, 0, 1, 4, 5));
        v128.store(to, v128.shuffle<f32>(a, f, 2, 3, 6, 7), 32);
        v128.store(to, v128.shuffle<f32>(e, g, 0, 1, 4, 5), 64);
        v128.store(to, v128.shuffle<f32>(e, g, 2, 3, 6, 7), 96);
      }
    }
    for (; p < depth; p++) {
      for (let jj = 0; jj < 4; jj++) {
        store<f32>(
          panel + 4 * (COLUMNS * p + jj),
          j + jj < columns ? load<f32>(r0 + 4 * (jj * stride + p)) : 0,
        );
      }
    }
    if (columns - j <= 4 && (j & 4) == 0) {
      for (p = 0; p < depth; p++) v128.store(panel + 4 * COLUMNS * p, f32x4.splat(0), 16);
    }
  }
}

/** Panels of 5 rows of A, the last row in place of those beyond: what they give is not copied out of the tile. */
function packA(a: usize, stride: i32, depth: i32, rows: i32, out: usize): void {
  const step = 4 * stride;
  for (let i = 0; i < rows; i += ROWS) {
    const rest = rows - i;
    let a0 = a + i * step;
    let a1 = rest > 1 ? a0 + step : a0;
    let a2 = rest > 2 ? a1 + step : a1;
    let a3 = rest > 3 ? a2 + step : a2;
    let a4 = rest > 4 ? a3 + step : a3;
    const end = out + 4 * ROWS * depth;
    const wideEnd = out + 4 * ROWS * (depth & ~3);
    while (out < wideEnd) {
      const x0 = v128.load(a0);
      const x1 = v128.load(a1);
      const x2 = v128.load(a2);
      const x3 = v128.load(a3);
      const b = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
      const c = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const d = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const e = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<f32>(b, d, 0, 1, 4, 5));
      store<u32>(out, load<u32>(a4), 16);
      v128.store(out, v128.shuffle<f32>(b, d, 2, 3, 6, 7), 20);
      store<u32>(out, load<u32>(a4, 4), 36);
      v128.store(out, v128.shuffle<f32>(c, e, 0, 1, 4, 5), 40);
      store<u32>(out, load<u32>(a4, 8), 56);
      v128.store(out, v128.shuffle<f32>(c, e, 2, 3, 6, 7), 60);
      store<u32>(out, load<u32>(a4, 12), 76);
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
      a4 += 16;
      out += 80;
    }
    while (out < end) {
      store<u32>(out, load<u32>(a0));
      store<u32>(out, load<u32>(a1), 4);
      store<u32>(out, load<u32>(a2), 8);
      store<u32>(out, load<u32>(a3), 12);
      store<u32>(out, load<u32>(a4), 16);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      a4 += 4;
      out += 20;
    }
  }
}

/** Panels of 5 rows of op(A), zeros beyond the last; rows of the stored matrix are op(A)'s columns. */
function packTransposedA(a: usize, stride: i32, depth: i32, rows: i32, out: usize): void {
  for (let i = 0; i < rows; i += ROWS) {
    let from = a + 4 * i;
    if (rows - i >= ROWS) {
      for (let p = 0; p < depth; p++) {
        v128.store(out, v128.load(from));
        store<u32>(out, load<u32>(from, 16), 16);
        from += 4 * stride;
        out += 4 * ROWS;
      }
    } else {
      const rest = rows - i;
      for (let p = 0; p < depth; p++) {
        for (let ii = 0; ii < ROWS; ii++) {
          store<f32>(out + 4 * ii, ii < rest ? load<f32>(from + 4 * ii) : 0);
        }
        from += 4 * stride;
        out += 4 * ROWS;
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
