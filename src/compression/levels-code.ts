/**
 * Signed integers of at most `largest` in magnitude, each as: zero or not; the bit length of the magnitude in adaptive
 * unary; its lower bits (the highest of them adaptive); a raw sign. Made for quantised gradients, mostly 0 and +-1.
 */
import { RangeDecoder, RangeEncoder, createContexts } from './range-coder.ts';

const LONGEST_MAGNITUDE_BITS = 16;

/** Contexts: zero (after a zero, after another), unary position, highest lower bit by length. */
const ZERO = 0;
const UNARY = 2;
const LOWER = UNARY + LONGEST_MAGNITUDE_BITS;
const CONTEXTS = LOWER + LONGEST_MAGNITUDE_BITS;

export function encodeLevels(levels: Int16Array): Uint8Array {
  const coder = new RangeEncoder();
  const contexts = createContexts(CONTEXTS);
  let previousZero = 0;
  for (const level of levels) {
    coder.encode(contexts, ZERO + previousZero, level === 0 ? 0 : 1);
    previousZero = level === 0 ? 1 : 0;
    if (level === 0) continue;
    const magnitude = Math.abs(level);
    const length = 32 - Math.clz32(magnitude);
    for (let i = 1; i < length; i++) coder.encode(contexts, UNARY + i - 1, 1);
    if (length < LONGEST_MAGNITUDE_BITS) coder.encode(contexts, UNARY + length - 1, 0);
    for (let bit = length - 2; bit >= 0; bit--) {
      const value = ((magnitude >>> bit) & 1) as 0 | 1;
      if (bit === length - 2) coder.encode(contexts, LOWER + length - 1, value);
      else coder.encodeRaw(value);
    }
    coder.encodeRaw(level < 0 ? 1 : 0);
  }
  return coder.finish();
}

/** Reads what `encodeLevels` wrote, one level after another; any bytes give levels of at most 16 bits. */
export class LevelsDecoder {
  /** Trailing zeros are implied, so there is no end that bytes could miss. */
  readonly isEnded = true;
  private readonly coder: RangeDecoder;
  private readonly contexts = createContexts(CONTEXTS);
  private previousZero = 0;

  constructor(bytes: Uint8Array) {
    this.coder = new RangeDecoder(bytes);
  }

  next(): number {
    const { coder, contexts } = this;
    if (coder.decode(contexts, ZERO + this.previousZero) === 0) {
      this.previousZero = 1;
      return 0;
    }
    this.previousZero = 0;
    let length = 1;
    while (length < LONGEST_MAGNITUDE_BITS && coder.decode(contexts, UNARY + length - 1) === 1) length += 1;
    let magnitude = 1;
    for (let bit = length - 2; bit >= 0; bit--) {
      const value = bit === length - 2 ? coder.decode(contexts, LOWER + length - 1) : coder.decodeRaw();
      magnitude = magnitude * 2 + value;
    }
    return coder.decodeRaw() === 1 ? -magnitude : magnitude;
  }
}

/** Empirical zero-order entropy of the levels in bits a coordinate; for reports. */
export function levelsEntropyBits(levels: Int16Array): number {
  const counts = new Map<number, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / levels.length) * Math.log2(count / levels.length);
  return bits;
}
