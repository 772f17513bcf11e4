/** float32 and bfloat16: every coordinate travels, with 32 or 16 bits. Little-endian. */
import { bytesOf } from '../foundation/bytes.ts';
import type { SeededRandom } from '../foundation/seeded-random.ts';
import type { CompressionContext, Compressor } from './compressor.ts';
import { ditherOf, firstNonFinite } from './wire-values.ts';
import type { Rounding } from './compressor-spec.ts';

export function createFloat32(d: number): Compressor {
  return {
    name: 'float32',
    d,
    unbiased: true,
    omega: 0,
    alpha: 1,
    normBound: 1,
    maxBytes: 4 * d,
    fixedLength: true,
    encode: (vector) => {
      if (HOST_IS_LITTLE_ENDIAN) return bytesOf(vector.slice());
      const bytes = new Uint8Array(4 * d);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < d; i++) view.setFloat32(4 * i, vector[i] as number, true);
      return bytes;
    },
    decode: (bytes, _context, out) => {
      if (bytes.length !== 4 * d) return 'wrong-length';
      if (HOST_IS_LITTLE_ENDIAN) {
        bytesOf(out).set(bytes);
        return firstNonFinite(out);
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0; i < d; i++) out[i] = view.getFloat32(4 * i, true);
      return firstNonFinite(out);
    },
  };
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** 8 significand bits: the relative error is at most 2^-8 (nearest), its variance at most 2^-16 (stochastic). */
const BFLOAT16_OMEGA = 2 ** -16;
const LARGEST_BFLOAT16 = 0x7f7f;

/**
 * The upper half of a float32, rounded to nearest even or stochastically. Values that would round to infinity take
 * the largest finite value. The bounds hold for normal numbers (magnitudes from 2^-126).
 */
export function createBfloat16(d: number, rounding: Rounding): Compressor {
  return {
    name: 'bfloat16',
    d,
    unbiased: rounding === 'stochastic',
    omega: BFLOAT16_OMEGA,
    alpha: 1 - BFLOAT16_OMEGA,
    normBound: 1 + 2 ** -7,
    maxBytes: 2 * d,
    fixedLength: true,
    encode: (vector, context) => {
      const words = Uint32Array.from(new Uint32Array(vector.slice().buffer));
      const bytes = new Uint8Array(2 * d);
      const low = lowBits(rounding, context);
      for (let i = 0; i < d; i++) {
        const word = words[i] as number;
        const sign = (word >>> 31) << 15;
        const magnitude = word & 0x7fffffff;
        const half = Math.min((magnitude + low(magnitude)) >>> 16, LARGEST_BFLOAT16) | sign;
        bytes[2 * i] = half & 0xff;
        bytes[2 * i + 1] = half >>> 8;
      }
      return bytes;
    },
    decode: (bytes, _context, out) => {
      if (bytes.length !== 2 * d) return 'wrong-length';
      const words = new Uint32Array(1);
      const floats = new Float32Array(words.buffer);
      for (let i = 0; i < d; i++) {
        words[0] = ((bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8)) << 16;
        out[i] = floats[0] as number;
      }
      return firstNonFinite(out);
    },
  };
}

/** What is added below the kept bits before they are cut off. */
function lowBits(rounding: Rounding, context: CompressionContext): (magnitude: number) => number {
  if (rounding === 'nearest') return (magnitude) => 0x7fff + ((magnitude >>> 16) & 1);
  const random: SeededRandom = ditherOf(context, 'bfloat16');
  return () => random.nextUint32() >>> 16;
}
