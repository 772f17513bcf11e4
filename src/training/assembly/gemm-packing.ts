/** Panels of a product's operands, laid out in the order in which `gemm.ts` reads them. */

/** Rows and columns of the result that are held in registers. */
export const ROWS: i32 = 5;
export const COLUMNS: i32 = 8;

/** Panels of 8 columns, zeros beyond the last. */
export function packB(b: usize, stride: i32, depth: i32, columns: i32, out: usize): void {
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
export function packTransposedB(b: usize, stride: i32, depth: i32, columns: i32, out: usize): void {
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
export function packA(a: usize, stride: i32, depth: i32, rows: i32, out: usize): void {
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
export function packTransposedA(a: usize, stride: i32, depth: i32, rows: i32, out: usize): void {
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
