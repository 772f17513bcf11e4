/**
 * K ascending indices below d as the Golomb-Rice code (Golomb 1966, Rice 1979) of their gaps: quotient in unary,
 * `shift` low bits. The shift follows from d and K alone and minimises the longest code, which is then
 * K (1 + shift) + floor((d - K) / 2^shift) bits. The entropy of a uniform set is log2 C(d, K).
 */
import type { BitReader, BitWriter } from './bit-stream.ts';

export interface IndexCode {
  readonly d: number;
  readonly count: number;
  readonly shift: number;
  readonly maxBytes: number;
}

const LARGEST_SHIFT = 30;

export function indexCode(d: number, count: number): IndexCode {
  const longest = (shift: number) => count * (1 + shift) + Math.floor((d - count) / 2 ** shift);
  let shift = 0;
  while (shift < LARGEST_SHIFT && longest(shift + 1) < longest(shift)) shift += 1;
  return { d, count, shift, maxBytes: Math.ceil(longest(shift) / 8) };
}

/** Writes the gaps of ascending indices, all below d. */
export function writeIndices(code: IndexCode, indices: ArrayLike<number>, writer: BitWriter, from = 0): void {
  let next = 0;
  for (let i = from; i < from + code.count; i++) {
    const index = indices[i] as number;
    const gap = index - next;
    const quotient = Math.floor(gap / 2 ** code.shift);
    for (let left = quotient; left > 0; left -= 16) {
      const run = Math.min(16, left);
      writer.write((1 << run) - 1, run);
    }
    writer.write(0, 1);
    writer.write(gap, code.shift);
    next = index + 1;
  }
}

/** Reads `code.count` ascending indices below d into `out` from `to`; false where the bits are no such set. */
export function readIndices(code: IndexCode, reader: BitReader, out: Uint32Array, to = 0): boolean {
  let next = 0;
  for (let i = to; i < to + code.count; i++) {
    const quotient = reader.readUnary();
    const index = next + quotient * 2 ** code.shift + reader.read(code.shift);
    if (reader.overrun || index >= code.d) return false;
    out[i] = index;
    next = index + 1;
  }
  return true;
}

/** Entropy of a uniformly random K-subset of d, in bits: log2 C(d, K); for reports. */
export function subsetEntropyBits(d: number, count: number): number {
  let bits = 0;
  for (let i = 1; i <= count; i++) bits += Math.log2((d - count + i) / i);
  return bits;
}
