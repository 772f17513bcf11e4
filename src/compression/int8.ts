/**
 * Blockwise int8 (Dettmers 2015; the blocks of 8-bit Adam): per block a float32 scale max|x| / 127 and one signed byte
 * a coordinate. Stochastic rounding makes it unbiased: a coordinate's variance is at most scale^2 / 4, so
 * omega = block / (4 * 127^2); also sqrt(block) / 127 as in QSGD, whichever is less. Scales first, then bytes.
 */
import { littleEndian, littleEndianBytes } from '../foundation/little-endian.ts';
import { sharedBytes } from '../foundation/shared-memory.ts';
import type { EncodingKernels } from '../linalg/linear-algebra.ts';
import type { Compressor } from './compressor.ts';
import { block, defineCompressor, rounding, type Rounding } from './define-compressor.ts';
import { compressorOf, ifFinite, packedReader } from './vector-reader.ts';
import { ditherOf, largestMagnitude, readScale, roundUpToFloat32 } from './wire-values.ts';

const LEVELS = 127;
/** -128: no level. */
const BYTE_BELOW_LEVELS = 0x80;
const LARGEST_FLOAT32 = 3.4028234663852886e38;

export const int8 = defineCompressor('int8', {
  about: '`block` (256), `rounding` (stochastic)',
  bytes: 'd + 4 d/B',
  unbiased: 'with stochastic rounding',
  bound: 'omega min(B / (4·127²), √B / 127)',
  settings: { block: block.default(256), rounding },
  create: (d, { block, rounding }, { kernels }) => createInt8(d, block, rounding, kernels),
});

function createInt8(d: number, block: number, rounding: Rounding, kernels?: EncodingKernels): Compressor {
  const size = Math.min(block, d);
  const blocks = Math.ceil(d / size);
  const omega = Math.min(size / (4 * LEVELS * LEVELS), Math.sqrt(size) / LEVELS);
  return compressorOf({
    name: `int8(${size})`,
    d,
    unbiased: rounding === 'stochastic',
    omega,
    alpha: omega < 1 ? 1 - omega : undefined,
    normBound: 1 + Math.sqrt(size) / LEVELS,
    maxBytes: 4 * blocks + d,
    fixedLength: true,
    encode: (vector, context) => {
      const bytes = sharedBytes(4 * blocks + d);
      const view = new DataView(bytes.buffer);
      const levels = new Int8Array(bytes.buffer, 4 * blocks);
      const dither = rounding === 'stochastic' ? ditherOf(context, 'int8') : undefined;
      const scales = new Float32Array(blocks);
      if (kernels?.int8(vector, size, dither?.state, scales, levels) === true) {
        bytes.set(littleEndianBytes(scales));
        return bytes;
      }
      for (let b = 0; b < blocks; b++) {
        const [from, to] = [b * size, Math.min(d, (b + 1) * size)];
        const scale = roundUpToFloat32(largestMagnitude(vector, from, to) / LEVELS);
        view.setFloat32(4 * b, scale, true);
        if (scale === 0) continue;
        for (let i = from; i < to; i++) {
          const level = Math.floor(
            (vector[i] as number) / scale + (dither === undefined ? 0.5 : dither.next()),
          );
          levels[i] = level > LEVELS ? LEVELS : level < -LEVELS ? -LEVELS : level;
        }
      }
      return bytes;
    },
    open: (bytes) => {
      if (bytes.length !== 4 * blocks + d) return 'wrong-length';
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let largest = 0;
      for (let b = 0; b < blocks; b++) {
        const scale = readScale(view, 4 * b);
        if (typeof scale !== 'number') return scale;
        if (scale > largest) largest = scale;
      }
      // the host's own search for a byte is several times faster than a loop
      const whole = Buffer.from(bytes.buffer, bytes.byteOffset + 4 * blocks, d);
      if (whole.includes(BYTE_BELOW_LEVELS)) return 'malformed';
      const scales = littleEndian(Float32Array, bytes, 0, blocks);
      const levels = littleEndian(Int8Array, bytes, 4 * blocks, d);
      const reader = packedReader({ kind: 'int8', d, scale: 1, block: size, scales, levels });
      return largest * LEVELS > LARGEST_FLOAT32 ? ifFinite(reader, d) : reader;
    },
  });
}
