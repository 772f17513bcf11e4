/**
 * AssemblyScript. A vector's values in fewer bits, as src/compression defines them byte for byte. Random roundings draw from
 * xoshiro128** (src/foundation/seeded-random.ts) at the segment's place in the stream; `state` 0 rounds to the nearest. At
 * `state` lie four generators, those of the segment's quarters: each word of all four in one vector. A whole segment is drawn
 * for by all four at once where it can be (quarters.ts), else by the first.
 */
import { LARGEST_BFLOAT16, LEVELS } from './levels';
import { nearestLevels } from './nearest';
import { bfloat16Quarters, int8Quarters, isEven, QUARTER_COLUMNS, QUARTERS } from './quarters';

const LARGEST_FLOAT32: f64 = 3.4028234663852886e38;
const TWO_26: f64 = 67108864;
const TWO_53: f64 = 9007199254740992;

/** The factor of each block of a segment: the least float32 that is not below the largest magnitude / 127. */
export function int8Scales(x: usize, columns: usize, block: usize, out: usize): void {
  for (let start: usize = 0; start < columns; start += block) {
    const width = min(block, columns - start);
    store<f32>(out, roundUp(<f64>largestMagnitude(x + start * 4, width) / LEVELS));
    out += 4;
  }
}

function largestMagnitude(x: usize, columns: usize): f32 {
  let four = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 4 <= columns; i += 4) four = f32x4.pmax(four, f32x4.abs(v128.load(x + i * 4)));
  let largest = max(
    max(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
  for (; i < columns; i++) largest = max(largest, abs(load<f32>(x + i * 4)));
  return largest;
}

function roundUp(value: f64): f32 {
  if (value >= LARGEST_FLOAT32) return <f32>LARGEST_FLOAT32;
  const rounded = <f32>value;
  return <f64>rounded < value ? reinterpret<f32>(reinterpret<u32>(rounded) + 1) : rounded;
}

/** Levels of one byte; a block whose factor is zero draws nothing. */
export function int8Levels(
  x: usize,
  columns: usize,
  block: usize,
  scales: usize,
  state: usize,
  out: usize,
): void {
  if (state && columns == QUARTERS * QUARTER_COLUMNS && isEven(block, scales)) {
    int8Quarters(x, block, scales, state, out);
    return;
  }
  let a: u32 = state ? load<u32>(state) : 0;
  let b: u32 = state ? load<u32>(state, 16) : 0;
  let c: u32 = state ? load<u32>(state, 32) : 0;
  let d: u32 = state ? load<u32>(state, 48) : 0;
  for (let start: usize = 0; start < columns; start += block) {
    const width = min(block, columns - start);
    const scale = <f64>load<f32>(scales);
    scales += 4;
    if (scale == 0) {
      memory.fill(out + start, 0, width);
      continue;
    }
    const rounded = state ? 0 : nearestLevels(x + start * 4, width, scale, out + start);
    for (let i = start + rounded; i < start + width; i++) {
      let dither: f64 = 0.5;
      if (state) {
        const high = rotl(b * 5, 7) * 9;
        let t = b << 9;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = rotl(d, 11);
        const low = rotl(b * 5, 7) * 9;
        t = b << 9;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = rotl(d, 11);
        dither = (<f64>(high >>> 5) * TWO_26 + <f64>(low >>> 6)) / TWO_53;
      }
      const level = floor(<f64>load<f32>(x + i * 4) / scale + dither);
      store<i8>(out + i, <i8>(<i32>max(-LEVELS, min(LEVELS, level))));
    }
  }
}

/** The upper halves of the values, rounded; what would round to infinity takes the largest finite value. */
export function bfloat16Halves(x: usize, columns: usize, state: usize, out: usize): void {
  if (state && columns == QUARTERS * QUARTER_COLUMNS) {
    bfloat16Quarters(x, state, out);
    return;
  }
  let a: u32 = state ? load<u32>(state) : 0;
  let b: u32 = state ? load<u32>(state, 16) : 0;
  let c: u32 = state ? load<u32>(state, 32) : 0;
  let d: u32 = state ? load<u32>(state, 48) : 0;
  for (let i: usize = 0; i < columns; i++) {
    const word = load<u32>(x + i * 4);
    const magnitude = word & 0x7fffffff;
    let low: u32 = 0x7fff + ((magnitude >>> 16) & 1);
    if (state) {
      low = (rotl(b * 5, 7) * 9) >>> 16;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = rotl(d, 11);
    }
    const half = min((magnitude + low) >>> 16, LARGEST_BFLOAT16);
    store<u16>(out + i * 2, <u16>(half | ((word >>> 16) & 0x8000)));
  }
}
