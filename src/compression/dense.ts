/** float32 and bfloat16: every coordinate travels, with 32 or 16 bits. Little-endian. */
import { littleEndian, littleEndianBytes } from '../foundation/little-endian.ts';
import { sharedBytes } from '../foundation/shared-memory.ts';
import type { SeededRandom } from '../foundation/seeded-random.ts';
import type { EncodingKernels } from '../linalg/linear-algebra.ts';
import { float32Row } from '../linalg/packed-row.ts';
import type { Compressor } from './compressor.ts';
import { defineCompressor, rounding, type Rounding } from './define-compressor.ts';
import { compressorOf, packedReader } from './vector-reader.ts';
import { ditherOf, firstNonFinite } from './wire-values.ts';

export const float32 = defineCompressor('float32', {
  bytes: '4 d',
  unbiased: 'yes',
  bound: 'omega 0',
  create: (d, _, { kernels }) => createFloat32(d, kernels),
});

export const bfloat16 = defineCompressor('bfloat16', {
  about: '`rounding` (stochastic)',
  bytes: '2 d',
  unbiased: 'with stochastic rounding',
  bound: 'omega 2^-16',
  settings: { rounding },
  create: (d, { rounding }, { kernels }) => createBfloat16(d, rounding, kernels),
});

function createFloat32(d: number, kernels?: EncodingKernels): Compressor {
  return compressorOf({
    name: 'float32',
    d,
    unbiased: true,
    omega: 0,
    alpha: 1,
    normBound: 1,
    maxBytes: 4 * d,
    fixedLength: true,
    encode: (vector) => littleEndianBytes(vector.slice()),
    open: (bytes) => {
      if (bytes.length !== 4 * d) return 'wrong-length';
      const values = littleEndian(Float32Array, bytes, 0, d);
      const row = float32Row(values);
      return (kernels?.isFinite(row) ?? firstNonFinite(values) === undefined)
        ? packedReader(row)
        : 'not-finite';
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
function createBfloat16(d: number, rounding: Rounding, kernels?: EncodingKernels): Compressor {
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
      const words = new Uint32Array(vector.buffer, vector.byteOffset, d);
      const halves = new Uint16Array(sharedBytes(2 * d).buffer);
      const random = rounding === 'nearest' ? undefined : ditherOf(context, 'bfloat16');
      if (kernels?.bfloat16(vector, random?.state, halves) !== true) {
        if (random === undefined) roundToNearest(words, halves);
        else roundStochastically(words, halves, random);
      }
      return littleEndianBytes(halves);
    },
    open: (bytes) => {
      if (bytes.length !== 2 * d) return 'wrong-length';
      const halves = littleEndian(Uint16Array, bytes, 0, d);
      const row = { kind: 'bfloat16', d, scale: 1, halves } as const;
      return (kernels?.isFinite(row) ?? areFinite(halves)) ? packedReader(row) : 'not-finite';
    },
  });
}

function areFinite(halves: Uint16Array): boolean {
  for (let i = 0; i < halves.length; i++) {
    if (((halves[i] as number) & EXPONENT) === EXPONENT) return false;
  }
  return true;
}

function roundToNearest(words: Uint32Array, halves: Uint16Array): void {
  for (let i = 0; i < halves.length; i++) {
    const word = words[i] as number;
    const magnitude = word & 0x7fffffff;
    const half = (magnitude + 0x7fff + ((magnitude >>> 16) & 1)) >>> 16;
    halves[i] = (half > LARGEST_BFLOAT16 ? LARGEST_BFLOAT16 : half) | ((word >>> 16) & 0x8000);
  }
}

function roundStochastically(words: Uint32Array, halves: Uint16Array, random: SeededRandom): void {
  for (let i = 0; i < halves.length; i++) {
    const word = words[i] as number;
    const half = ((word & 0x7fffffff) + (random.nextUint32() >>> 16)) >>> 16;
    halves[i] = (half > LARGEST_BFLOAT16 ? LARGEST_BFLOAT16 : half) | ((word >>> 16) & 0x8000);
  }
}
