/**
 * AssemblyScript. Towards the K coordinates of largest magnitude (src/compression/top-k.ts). The bits of |x| order like |x|:
 * their upper eleven (the exponent and three of the significand) name a bucket.
 */

const MAGNITUDE: u32 = 0x7fffffff;
const BUCKETS: usize = 2048;
const BUCKET_SHIFT: u32 = 20;

/** How many values each bucket has. */
export function countMagnitudes(x: usize, columns: usize, out: usize): void {
  memory.fill(out, 0, BUCKETS * 4);
  for (let i: usize = 0; i < columns; i++) {
    const bucket = out + (((load<u32>(x + i * 4) & MAGNITUDE) >>> BUCKET_SHIFT) << 2);
    store<u32>(bucket, load<u32>(bucket) + 1);
  }
}

/** Writes the places of values whose bits are at least `least`, from `start` on, to the address that stands at `place`. */
export function takeMagnitudes(x: usize, columns: usize, least: u32, start: u32, place: usize): void {
  const below = i32x4.splat(<i32>least - 1);
  const mask = i32x4.splat(MAGNITUDE);
  let out = <usize>load<u32>(place);
  let i: usize = 0;
  for (; i + 4 <= columns; i += 4) {
    const words = v128.and(v128.load(x + i * 4), mask);
    let found = i32x4.bitmask(i32x4.gt_s(words, below));
    while (found != 0) {
      store<u32>(out, start + <u32>i + <u32>ctz(found));
      out += 4;
      found &= found - 1;
    }
  }
  for (; i < columns; i++) {
    if ((load<u32>(x + i * 4) & MAGNITUDE) < least) continue;
    store<u32>(out, start + <u32>i);
    out += 4;
  }
}
