/**
 * AssemblyScript. Rows of float32 out of the forms in which vectors travel (../packed-row.ts). Writes whole vectors of
 * four: a row's end is padded.
 */

const LANE_BYTES: usize = 16;

/** The upper halves of `columns` float32 values. Reads whole vectors of eight. */
export function unpackBfloat16(halves: usize, columns: usize, out: usize): void {
  const zero = i16x8.splat(0);
  const end = halves + columns * 2;
  while (halves < end) {
    const h = v128.load(halves);
    v128.store(out, v128.shuffle<u16>(zero, h, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(out, v128.shuffle<u16>(zero, h, 4, 12, 5, 13, 6, 14, 7, 15), LANE_BYTES);
    halves += LANE_BYTES;
    out += 2 * LANE_BYTES;
  }
}

/**
 * Levels times the factor of their block: the product of 24 and 8 bits rounds once, as in float64. The first column is
 * the one after `skip` columns of the first block.
 */
export function unpackInt8(
  levels: usize,
  scales: usize,
  block: usize,
  skip: usize,
  columns: usize,
  out: usize,
): void {
  let done: usize = 0;
  let room = block - skip;
  while (done < columns) {
    const width = min(room, columns - done);
    unpackBlock(levels + done, load<f32>(scales), width, out + done * 4);
    done += width;
    scales += 4;
    room = block;
  }
}

function unpackBlock(levels: usize, scale: f32, width: usize, out: usize): void {
  const factor = f32x4.splat(scale);
  const whole = width & ~15;
  const end = levels + whole;
  while (levels < end) {
    const bytes = v128.load(levels);
    const low = i16x8.extend_low_i8x16_s(bytes);
    const high = i16x8.extend_high_i8x16_s(bytes);
    v128.store(out, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low))));
    v128.store(out, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low))), 16);
    v128.store(out, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high))), 32);
    v128.store(out, f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high))), 48);
    levels += 16;
    out += 64;
  }
  for (let i: usize = 0; i < (width & 15); i++) {
    store<f32>(out + i * 4, scale * <f32>(<i32>load<i8>(levels + i)));
  }
}

/** Each value times a factor in float64, rounded once. */
export function scaleRow(row: usize, columns: usize, factor: f64): void {
  const factors = f64x2.splat(factor);
  const end = row + columns * 4;
  while (row < end) {
    const x = v128.load(row);
    const low = f64x2.mul(factors, f64x2.promote_low_f32x4(x));
    const high = f64x2.mul(factors, f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3)));
    const rounded = v128.shuffle<f32>(
      f32x4.demote_f64x2_zero(low),
      f32x4.demote_f64x2_zero(high),
      0,
      1,
      4,
      5,
    );
    v128.store(row, rounded);
    row += LANE_BYTES;
  }
}
