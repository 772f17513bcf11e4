/** float32 and bfloat16: every coordinate travels, with 32 or 16 bits. Little-endian. */
import { bytesOf } from '../foundation/bytes.ts';
import { HOST_IS_LITTLE_ENDIAN, littleEndian } from '../foundation/little-endian.ts';
import type { SeededRandom } from '../foundation/seeded-random.ts';
import { float32Row } from '../linalg/packed-row.ts';
import type { CompressionContext, Compressor } from './compressor.ts';
import type { Rounding } from './compressor-spec.ts';
import { compressorOf, packedReader } from './vector-reader.ts';
import { ditherOf, firstNonFinite } from './wire-values.ts';

export function createFloat32(d: number): Compressor {
  return compressorOf({
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
    open: (bytes) => {
      if (bytes.length !== 4 * d) return 'wrong-length';
      const values = littleEndian(Float32Array, bytes, 0, d);
      return firstNonFinite(values) ?? packedReader(float32Row(values));
    },
  });
}

/** 8 significand bits: the relative error is at most 2^-8 (nearest), its variance at most 2^-16 (stochastic). */
const BFLOAT16_OMEGA = 2 ** -16;
const LARGEST_BFLOAT16 = 0x7f7f;
/** All its bits are set in infinities and NaN alone. */
const EXPONENT = 0x7f80;

/**
 * The upper half of a float32, rounded to nearest even or stochastically. Values that would round to infinity take
 * the largest finite value. The bounds hold for normal numbers (magnitudes from 2^-126).
 */
export function createBfloat16(d: number, rounding: Rounding): Compressor {
  return compressorOf({
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
    open: (bytes) => {
      if (bytes.length !== 2 * d) return 'wrong-length';
      const halves = littleEndian(Uint16Array, bytes, 0, d);
      for (let i = 0; i < d; i++) {
        if (((halves[i] as number) & EXPONENT) === EXPONENT) return 'not-finite';
      }
      return packedReader({ kind: 'bfloat16', d, scale: 1, halves });
    },
  });
}

/** What is added below the kept bits before they are cut off. */
function lowBits(rounding: Rounding, context: CompressionContext): (magnitude: number) => number {
  if (rounding === 'nearest') return (magnitude) => 0x7fff + ((magnitude >>> 16) & 1);
  const random: SeededRandom = ditherOf(context, 'bfloat16');
  return () => random.nextUint32() >>> 16;
}
