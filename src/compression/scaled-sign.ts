/**
 * Scaled sign (Karimireddy et al., ICML 2019): (||x||_1 / block) sign(x) in each block, one bit a coordinate and a
 * float32 a block. A contraction with alpha = ||x||_1^2 / (block ||x||^2) >= 1 / block; biased, so it needs error
 * feedback. sign(0) = +1. Scales first, then bits (1 is negative).
 */
import { littleEndian } from '../foundation/little-endian.ts';
import type { Compressor } from './compressor.ts';
import { BitWriter } from './bit-stream.ts';
import { compressorOf, randomAccess } from './vector-reader.ts';
import { readScale } from './wire-values.ts';
import { block, defineCompressor } from './define-compressor.ts';

export const scaledSign = defineCompressor('scaled-sign', {
  about: '`block` (whole vector)',
  bytes: 'd/8 + 4 d/B',
  unbiased: 'no',
  bound: 'alpha ≥ 1/B',
  settings: { block: block.default(1 << 30) },
  create: (d, { block }) => createScaledSign(d, block),
});

function createScaledSign(d: number, block: number): Compressor {
  const size = Math.min(block, d);
  const blocks = Math.ceil(d / size);
  const maxBytes = 4 * blocks + Math.ceil(d / 8);
  return compressorOf({
    name: 'scaled-sign',
    d,
    unbiased: size === 1,
    omega: 1 - 1 / size,
    alpha: 1 / size,
    normBound: 1,
    maxBytes,
    fixedLength: true,
    encode: (vector) => {
      const bytes = new Uint8Array(maxBytes);
      const view = new DataView(bytes.buffer);
      const writer = new BitWriter(Math.ceil(d / 8));
      for (let b = 0; b < blocks; b++) {
        const [from, to] = [b * size, Math.min(d, (b + 1) * size)];
        let sum = 0;
        for (let i = from; i < to; i++) {
          sum += Math.abs(vector[i] as number);
          writer.write((vector[i] as number) < 0 ? 1 : 0, 1);
        }
        view.setFloat32(4 * b, sum / (to - from), true);
      }
      bytes.set(writer.finish(), 4 * blocks);
      return bytes;
    },
    open: (bytes) => {
      if (bytes.length !== maxBytes) return 'wrong-length';
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let b = 0; b < blocks; b++) {
        const scale = readScale(view, 4 * b);
        if (typeof scale !== 'number') return scale;
      }
      const used = d % 8;
      if (used !== 0 && ((bytes[maxBytes - 1] as number) & (0xff >>> used)) !== 0) return 'malformed';
      const scales = littleEndian(Float32Array, bytes, 0, blocks);
      const signs = bytes.subarray(4 * blocks);
      return randomAccess((start, end, out) => {
        for (let b = Math.floor(start / size); b * size < end; b++) {
          const scale = scales[b] as number;
          const to = Math.min(end, (b + 1) * size);
          for (let i = Math.max(start, b * size); i < to; i++) {
            const isNegative = ((signs[Math.floor(i / 8)] as number) >>> (7 - (i % 8))) & 1;
            out[i - start] = isNegative === 1 ? -scale : scale;
          }
        }
      });
    },
  });
}
