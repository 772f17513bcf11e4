/**
 * AssemblyScript. Several weighted sums of the same rows at once, as `weightedSum` gives them: in float64 by ascending row,
 * rounded once. A pair of sums shares what is read and widened of a row.
 */

const LANE_BYTES: usize = 16;

/** Columns 0 and 1 of the four at an address. */
function low2(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** Columns 2 and 3. */
function high2(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address, 8));
}

function narrow(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/**
 * out_k = sum_i points[k][i] x_i over `columns` columns: n rows from `x`, `stride` bytes apart; n float64 for each of `count`
 * points; results from `out`, `outStride` bytes apart. Reads and writes whole vectors of four.
 */
export function mixRows(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  points: usize,
  count: usize,
  out: usize,
  outStride: usize,
): void {
  const bytes = columns * 4;
  for (let k: usize = 0; k < count; k += 2) {
    const a = points + k * n * 8;
    // an odd one out is summed up twice, to one place
    const isPair = k + 1 < count;
    const b = isPair ? a + n * 8 : a;
    const toA = out + k * outStride;
    const toB = isPair ? toA + outStride : toA;
    for (let c: usize = 0; c < bytes; c += LANE_BYTES) {
      let lowA = f64x2.splat(0);
      let highA = f64x2.splat(0);
      let lowB = f64x2.splat(0);
      let highB = f64x2.splat(0);
      let row = x + c;
      for (let i: usize = 0; i < n * 8; i += 8) {
        const low = low2(row);
        const high = high2(row);
        const ca = v128.load64_splat(a + i);
        const cb = v128.load64_splat(b + i);
        lowA = f64x2.add(lowA, f64x2.mul(ca, low));
        highA = f64x2.add(highA, f64x2.mul(ca, high));
        lowB = f64x2.add(lowB, f64x2.mul(cb, low));
        highB = f64x2.add(highB, f64x2.mul(cb, high));
        row += stride;
      }
      v128.store(toA + c, narrow(lowA, highA));
      v128.store(toB + c, narrow(lowB, highB));
    }
  }
}
