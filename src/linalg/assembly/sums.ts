/**
 * AssemblyScript. Weighted sums of rows and squared distances to a point, in float64: float32 inputs widen exactly, so
 * nothing overflows and one rounding remains. And which rows are finite.
 */

const LANE_BYTES: usize = 16;
/** Columns whose float64 sums stay in the second-level cache, while the rows are read in runs of 64 KiB. */
const BLOCK_COLUMNS: usize = 16384;

/** Bytes of scratch that one thread needs for a weighted sum. */
export function weightedSumScratchBytes(): usize {
  return BLOCK_COLUMNS * 8;
}

/** Columns 0 and 1 of the four at an address. */
function low2(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** Columns 2 and 3. */
function high2(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address, 8));
}

/**
 * out = base + sum_i coefficients[i] x_i over `columns` columns; n rows from `x`, `stride` bytes apart; no base where
 * that is 0. Reads and writes whole vectors of four: the rows, base and out are padded to a multiple of 16 bytes.
 */
export function weightedSum(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  coefficients: usize,
  base: usize,
  scratch: usize,
  out: usize,
): void {
  for (let start: usize = 0; start < columns; start += BLOCK_COLUMNS) {
    const bytes = ((min(BLOCK_COLUMNS, columns - start) + 3) & ~3) * 4;
    const offset = start * 4;
    for (let c: usize = 0; c < bytes; c += 8) {
      v128.store(scratch + 2 * c, base ? low2(base + offset + c) : f64x2.splat(0));
    }
    let i: usize = 0;
    for (; i + 4 <= n; i += 4) {
      addFourRows(x + i * stride + offset, stride, bytes, coefficients + i * 8, scratch);
    }
    for (; i < n; i++) addRow(x + i * stride + offset, bytes, load<f64>(coefficients + i * 8), scratch);
    for (let c: usize = 0; c < bytes; c += LANE_BYTES) {
      const low = f32x4.demote_f64x2_zero(v128.load(scratch + 2 * c));
      const high = f32x4.demote_f64x2_zero(v128.load(scratch + 2 * c, LANE_BYTES));
      v128.store(out + offset + c, v128.shuffle<f32>(low, high, 0, 1, 4, 5));
    }
  }
}

function addFourRows(x: usize, stride: usize, bytes: usize, coefficients: usize, sums: usize): void {
  const c0 = v128.load64_splat(coefficients);
  const c1 = v128.load64_splat(coefficients, 8);
  const c2 = v128.load64_splat(coefficients, 16);
  const c3 = v128.load64_splat(coefficients, 24);
  const x1 = stride;
  const x2 = stride + stride;
  const x3 = x2 + stride;
  const end = x + bytes;
  while (x < end) {
    let low = f64x2.add(v128.load(sums), f64x2.mul(c0, low2(x)));
    let high = f64x2.add(v128.load(sums, LANE_BYTES), f64x2.mul(c0, high2(x)));
    low = f64x2.add(low, f64x2.mul(c1, low2(x + x1)));
    high = f64x2.add(high, f64x2.mul(c1, high2(x + x1)));
    low = f64x2.add(low, f64x2.mul(c2, low2(x + x2)));
    high = f64x2.add(high, f64x2.mul(c2, high2(x + x2)));
    low = f64x2.add(low, f64x2.mul(c3, low2(x + x3)));
    high = f64x2.add(high, f64x2.mul(c3, high2(x + x3)));
    v128.store(sums, low);
    v128.store(sums, high, LANE_BYTES);
    x += LANE_BYTES;
    sums += 2 * LANE_BYTES;
  }
}

function addRow(x: usize, bytes: usize, coefficient: f64, sums: usize): void {
  const c0 = f64x2.splat(coefficient);
  for (let c: usize = 0; c < bytes; c += 8) {
    v128.store(sums + 2 * c, f64x2.add(v128.load(sums + 2 * c), f64x2.mul(c0, low2(x + c))));
  }
}

/** Squared distances of n rows to `point` over `columns` columns, as n float64 at `out`. */
export function squaredDistances(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  point: usize,
  out: usize,
): void {
  let i: usize = 0;
  for (; i + 2 <= n; i += 2) squaredDistancesOfTwo(x + i * stride, stride, columns, point, out + i * 8);
  if (i < n) store<f64>(out + i * 8, squaredDistance(x + i * stride, columns, point));
}

function squaredDistancesOfTwo(x: usize, stride: usize, columns: usize, point: usize, out: usize): void {
  let low0 = f64x2.splat(0);
  let high0 = f64x2.splat(0);
  let low1 = f64x2.splat(0);
  let high1 = f64x2.splat(0);
  let a = x;
  let p = point;
  const end = x + (columns & ~3) * 4;
  while (a < end) {
    const p0 = low2(p);
    const p1 = high2(p);
    const a0 = f64x2.sub(low2(a), p0);
    const a1 = f64x2.sub(high2(a), p1);
    const b0 = f64x2.sub(low2(a + stride), p0);
    const b1 = f64x2.sub(high2(a + stride), p1);
    low0 = f64x2.add(low0, f64x2.mul(a0, a0));
    high0 = f64x2.add(high0, f64x2.mul(a1, a1));
    low1 = f64x2.add(low1, f64x2.mul(b0, b0));
    high1 = f64x2.add(high1, f64x2.mul(b1, b1));
    a += LANE_BYTES;
    p += LANE_BYTES;
  }
  store<f64>(out, closeDistance(low0, high0, a, p, columns & 3));
  store<f64>(out, closeDistance(low1, high1, a + stride, p, columns & 3), 8);
}

function squaredDistance(x: usize, columns: usize, point: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + (columns & ~3) * 4;
  while (x < end) {
    const d0 = f64x2.sub(low2(x), low2(point));
    const d1 = f64x2.sub(high2(x), high2(point));
    low = f64x2.add(low, f64x2.mul(d0, d0));
    high = f64x2.add(high, f64x2.mul(d1, d1));
    x += LANE_BYTES;
    point += LANE_BYTES;
  }
  return closeDistance(low, high, x, point, columns & 3);
}

/** Adds the last 0 to 3 columns to four lanes (by column modulo four) and the lanes as (0 + 2) + (1 + 3). */
function closeDistance(low: v128, high: v128, x: usize, point: usize, rest: usize): f64 {
  let s0 = f64x2.extract_lane(low, 0);
  let s1 = f64x2.extract_lane(low, 1);
  let s2 = f64x2.extract_lane(high, 0);
  const s3 = f64x2.extract_lane(high, 1);
  if (rest > 0) s0 += square(<f64>load<f32>(x) - <f64>load<f32>(point));
  if (rest > 1) s1 += square(<f64>load<f32>(x, 4) - <f64>load<f32>(point, 4));
  if (rest > 2) s2 += square(<f64>load<f32>(x, 8) - <f64>load<f32>(point, 8));
  return s0 + s2 + (s1 + s3);
}

/** Columns whose products make one addend of an inner product; a segment is a whole number of pieces. */
const PIECE_COLUMNS: usize = 4096;

/**
 * <x_i - center, point - center> in float64 for n rows, piece by piece, each a sum by ascending column: n float64 for
 * each piece at `out`. Two rows share a vector.
 */
export function innerProducts(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  center: usize,
  point: usize,
  out: usize,
): void {
  for (let start: usize = 0; start < columns; start += PIECE_COLUMNS) {
    const width = min(PIECE_COLUMNS, columns - start);
    const offset = start * 4;
    for (let i: usize = 0; i < n; i += 2) {
      const a = x + i * stride + offset;
      const b = i + 1 < n ? a + stride : a;
      const sums = productsOfTwo(a, b, width, center + offset, point + offset);
      store<f64>(out + i * 8, f64x2.extract_lane(sums, 0));
      if (i + 1 < n) store<f64>(out + i * 8, f64x2.extract_lane(sums, 1), 8);
    }
    out += n * 8;
  }
}

function productsOfTwo(a: usize, b: usize, width: usize, center: usize, point: usize): v128 {
  let sums = f64x2.splat(0);
  const end = a + (width & ~1) * 4;
  while (a < end) {
    const columns = v128.shuffle<f32>(v128.load64_zero(a), v128.load64_zero(b), 0, 4, 1, 5);
    const c = low2(center);
    const along = f64x2.sub(low2(point), c);
    const first = f64x2.sub(f64x2.promote_low_f32x4(columns), v128.shuffle<f64>(c, c, 0, 0));
    sums = f64x2.add(sums, f64x2.mul(first, v128.shuffle<f64>(along, along, 0, 0)));
    const next = f64x2.promote_low_f32x4(v128.shuffle<f32>(columns, columns, 2, 3, 2, 3));
    const second = f64x2.sub(next, v128.shuffle<f64>(c, c, 1, 1));
    sums = f64x2.add(sums, f64x2.mul(second, v128.shuffle<f64>(along, along, 1, 1)));
    a += 8;
    b += 8;
    center += 8;
    point += 8;
  }
  if (width & 1) {
    const c = <f64>load<f32>(center);
    const rows = f64x2.replace_lane(f64x2.splat(<f64>load<f32>(a)), 1, <f64>load<f32>(b));
    const along = f64x2.splat(<f64>load<f32>(point) - c);
    sums = f64x2.add(sums, f64x2.mul(f64x2.sub(rows, f64x2.splat(c)), along));
  }
  return sums;
}

function square(x: f64): f64 {
  return x * x;
}

/** Writes, for each of n rows, 0 where all its values are finite and 1 where one is not, as float64. */
export function findNonFinite(x: usize, stride: usize, n: usize, columns: usize, out: usize): void {
  for (let i: usize = 0; i < n; i++) store<f64>(out + i * 8, hasNonFinite(x + i * stride, columns) ? 1 : 0);
}

/** x - x is zero, in all its bits, for finite x only. */
function hasNonFinite(x: usize, columns: usize): bool {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  const end = x + columns * 4;
  while (x + 2 * LANE_BYTES <= end) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, LANE_BYTES);
    a = v128.or(a, f32x4.sub(x0, x0));
    b = v128.or(b, f32x4.sub(x1, x1));
    x += 2 * LANE_BYTES;
  }
  while (x < end) {
    const value = load<f32>(x);
    if (!(value - value == 0)) return true;
    x += 4;
  }
  return v128.any_true(v128.or(a, b));
}
