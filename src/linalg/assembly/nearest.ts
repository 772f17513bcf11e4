/** AssemblyScript. Levels of one byte that round to the nearest, eight columns at a time. */
import { boundedWords } from './levels';

/** floor(x / scale + 1/2) of columns 0 and 1 at an address, in the lower words. */
function pairOfLevels(x: usize, scale: v128): v128 {
  const quotients = f64x2.div(f64x2.promote_low_f32x4(v128.load64_zero(x)), scale);
  return boundedWords(f64x2.floor(f64x2.add(quotients, f64x2.splat(0.5))));
}

function fourLevels(x: usize, scale: v128): v128 {
  return v128.shuffle<f32>(pairOfLevels(x, scale), pairOfLevels(x + 8, scale), 0, 2, 4, 6);
}

/** Writes the levels of whole groups of eight among `columns` columns, and gives how many these are. */
export function nearestLevels(x: usize, columns: usize, scale: f64, out: usize): usize {
  const divisor = f64x2.splat(scale);
  const whole = columns & ~7;
  for (let i: usize = 0; i < whole; i += 8) {
    const row = x + i * 4;
    const words = i16x8.narrow_i32x4_s(fourLevels(row, divisor), fourLevels(row + 16, divisor));
    v128.store64_lane(out + i, i8x16.narrow_i16x8_s(words, words), 0);
  }
  return whole;
}
