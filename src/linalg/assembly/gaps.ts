/**
 * AssemblyScript. Ascending places as the Golomb-Rice code of their gaps (src/compression/index-set.ts): the quotient in
 * ones and a zero, then `shift` low bits, most significant first.
 */

/** Bits of a window that are sure to be in it, wherever in a byte it begins. */
const WINDOW_BITS: u64 = 57;

/** What `readGaps` gives instead of a position. */
const ENDS_EARLY: f64 = -1;
const TOO_HIGH: f64 = -2;

/** 64 bits from a position on; the lowest few may be missing. Reads up to nine bytes. */
function window(bytes: usize, position: u64): u64 {
  return bswap(load<u64>(bytes + <usize>(position >>> 3))) << (position & 7);
}

/**
 * Writes `count` places, all below `d`, and gives the number of bits that they took; ENDS_EARLY where the bytes are too few,
 * TOO_HIGH where a place is not below d. Behind the bytes eight zeros can be read.
 */
export function readGaps(bytes: usize, length: usize, count: usize, shift: u32, d: u32, out: usize): f64 {
  const total = <u64>length * 8;
  const low = <u64>shift;
  let position: u64 = 0;
  let next: u64 = 0;
  for (let i: usize = 0; i < count; i++) {
    let view = window(bytes, position);
    let ones = clz(~view);
    let quotient = ones;
    // a window's last bits are not all there: a long quotient goes on in the next
    while (ones >= WINDOW_BITS) {
      position += WINDOW_BITS;
      quotient -= ones - WINDOW_BITS;
      if (position >= total) return ENDS_EARLY;
      view = window(bytes, position);
      ones = clz(~view);
      quotient += ones;
    }
    position += ones + 1;
    if (position + low > total) return ENDS_EARLY;
    let gap = quotient << low;
    if (low != 0) {
      const rest = ones + 1 + low <= WINDOW_BITS ? view << (ones + 1) : window(bytes, position);
      gap |= rest >>> (64 - low);
      position += low;
    }
    const place = next + gap;
    if (place >= <u64>d) return TOO_HIGH;
    store<u32>(out + i * 4, <u32>place);
    next = place + 1;
  }
  return <f64>position;
}

/** Writes the gaps of `count` ascending places over zeros, and gives the number of bits. Up to nine bytes beyond are written to. */
export function writeGaps(places: usize, count: usize, shift: u32, out: usize): f64 {
  const low = <u64>shift;
  let position: u64 = 0;
  let next: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    const place = load<u32>(places + i * 4);
    const gap = <u64>(place - next);
    let ones = gap >>> low;
    while (ones >= 32) {
      put(out, position, 0xffffffff, 32);
      position += 32;
      ones -= 32;
    }
    put(out, position, (((<u64>1) << ones) - 1) << 1, ones + 1);
    position += ones + 1;
    if (low != 0) put(out, position, gap & (((<u64>1) << low) - 1), low);
    position += low;
    next = place + 1;
  }
  return <f64>position;
}

/** The lowest `count` bits, at most 57 of them, over zeros. */
function put(out: usize, position: u64, bits: u64, count: u64): void {
  if (count == 0) return;
  const at = out + <usize>(position >>> 3);
  const placed = (bits << (64 - count)) >>> (position & 7);
  store<u64>(at, load<u64>(at) | bswap(placed));
}
