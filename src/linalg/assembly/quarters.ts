/**
 * AssemblyScript. Random roundings of a whole segment, four columns at once, one from each quarter: every quarter draws from its
 * own place in the one stream, so each value meets the draw that it would meet in order.
 *
 * The four generators lie at `state`, each word of all four in one vector; lane q of a vector belongs to quarter q.
 */
import { boundedWords, LARGEST_BFLOAT16 } from './levels';

export const QUARTERS: usize = 4;
export const QUARTER_COLUMNS: usize = 8192;

const FLOAT_STEP: usize = QUARTER_COLUMNS * 4;
const TWO_26: f64 = 67108864;
const TWO_MINUS_53: f64 = 1.1102230246251565e-16;

function rotated(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

/** What the generators give next: rotl(b * 5, 7) * 9, by shifts and sums. */
function drawn(b: v128): v128 {
  const turned = rotated(i32x4.add(i32x4.shl(b, 2), b), 7);
  return i32x4.add(i32x4.shl(turned, 3), turned);
}

/** floor(x / scale + dither) within the levels, for two quarters in float64. */
function pairOfLevels(x: v128, scale: v128, high: v128, low: v128): v128 {
  const whole = f64x2.add(
    f64x2.mul(f64x2.convert_low_i32x4_u(high), f64x2.splat(TWO_26)),
    f64x2.convert_low_i32x4_u(low),
  );
  const dither = f64x2.mul(whole, f64x2.splat(TWO_MINUS_53));
  const level = f64x2.floor(f64x2.add(f64x2.div(f64x2.promote_low_f32x4(x), scale), dither));
  return boundedWords(level);
}

function upper(x: v128): v128 {
  return v128.shuffle<f64>(x, x, 1, 1);
}

/** Levels of a column of the quarters; `scale01` and `scale23` are the factors of their blocks. */
function levelsOf(x: v128, scale01: v128, scale23: v128, high: v128, low: v128): v128 {
  const h = i32x4.shr_u(high, 5);
  const l = i32x4.shr_u(low, 6);
  const first = pairOfLevels(x, scale01, h, l);
  const second = pairOfLevels(upper(x), scale23, upper(h), upper(l));
  return v128.shuffle<f32>(first, second, 0, 2, 4, 6);
}

/** Whether int8Quarters takes blocks of that length with these factors: a block whose factor is zero would draw nothing. */
export function isEven(block: usize, scales: usize): bool {
  if (block < 4 || block > QUARTER_COLUMNS) return false;
  const end = scales + ((QUARTERS * QUARTER_COLUMNS) / block) * 4;
  for (; scales < end; scales += 4) if (load<f32>(scales) == 0) return false;
  return true;
}

/** As int8Levels over a whole segment, where `isEven`. */
export function int8Quarters(x: usize, block: usize, scales: usize, state: usize, out: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  const blocks = QUARTER_COLUMNS / block;
  for (let at: usize = 0; at < blocks; at++) {
    let factors = v128.load32_zero(scales + at * 4);
    factors = v128.load32_lane(scales + (blocks + at) * 4, factors, 1);
    factors = v128.load32_lane(scales + (2 * blocks + at) * 4, factors, 2);
    factors = v128.load32_lane(scales + (3 * blocks + at) * 4, factors, 3);
    const scale01 = f64x2.promote_low_f32x4(factors);
    const scale23 = f64x2.promote_low_f32x4(upper(factors));
    const end = (at + 1) * block;
    for (let i = at * block; i < end; i += 4) {
      const row = x + i * 4;
      let bytes = i32x4.splat(0);
      for (let j: usize = 0; j < 4; j++) {
        let values = v128.load32_zero(row + j * 4);
        values = v128.load32_lane(row + j * 4 + FLOAT_STEP, values, 1);
        values = v128.load32_lane(row + j * 4 + 2 * FLOAT_STEP, values, 2);
        values = v128.load32_lane(row + j * 4 + 3 * FLOAT_STEP, values, 3);
        const high = drawn(b);
        let t = i32x4.shl(b, 9);
        c = v128.xor(c, a);
        d = v128.xor(d, b);
        b = v128.xor(b, c);
        a = v128.xor(a, d);
        c = v128.xor(c, t);
        d = rotated(d, 11);
        const low = drawn(b);
        t = i32x4.shl(b, 9);
        c = v128.xor(c, a);
        d = v128.xor(d, b);
        b = v128.xor(b, c);
        a = v128.xor(a, d);
        c = v128.xor(c, t);
        d = rotated(d, 11);
        const levels = levelsOf(values, scale01, scale23, high, low);
        // the first column ends in the lowest byte
        bytes = v128.or(i32x4.shr_u(bytes, 8), i32x4.shl(levels, 24));
      }
      const to = out + i;
      v128.store32_lane(to, bytes, 0);
      v128.store32_lane(to + QUARTER_COLUMNS, bytes, 1);
      v128.store32_lane(to + 2 * QUARTER_COLUMNS, bytes, 2);
      v128.store32_lane(to + 3 * QUARTER_COLUMNS, bytes, 3);
    }
  }
}

/** As bfloat16Halves over a whole segment. */
export function bfloat16Quarters(x: usize, state: usize, out: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  const most = i32x4.splat(LARGEST_BFLOAT16);
  for (let i: usize = 0; i < QUARTER_COLUMNS; i += 2) {
    const row = x + i * 4;
    let halves = i32x4.splat(0);
    for (let j: usize = 0; j < 2; j++) {
      let words = v128.load32_zero(row + j * 4);
      words = v128.load32_lane(row + j * 4 + FLOAT_STEP, words, 1);
      words = v128.load32_lane(row + j * 4 + 2 * FLOAT_STEP, words, 2);
      words = v128.load32_lane(row + j * 4 + 3 * FLOAT_STEP, words, 3);
      const low = i32x4.shr_u(drawn(b), 16);
      const t = i32x4.shl(b, 9);
      c = v128.xor(c, a);
      d = v128.xor(d, b);
      b = v128.xor(b, c);
      a = v128.xor(a, d);
      c = v128.xor(c, t);
      d = rotated(d, 11);
      const magnitude = v128.and(words, i32x4.splat(0x7fffffff));
      const rounded = i32x4.min_u(i32x4.shr_u(i32x4.add(magnitude, low), 16), most);
      const half = v128.or(rounded, v128.and(i32x4.shr_u(words, 16), i32x4.splat(0x8000)));
      halves = v128.or(halves, i32x4.shl(half, <i32>(16 * j)));
    }
    const to = out + i * 2;
    v128.store32_lane(to, halves, 0);
    v128.store32_lane(to + 2 * QUARTER_COLUMNS, halves, 1);
    v128.store32_lane(to + 4 * QUARTER_COLUMNS, halves, 2);
    v128.store32_lane(to + 6 * QUARTER_COLUMNS, halves, 3);
  }
}
