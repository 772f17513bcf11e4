/**
 * QSGD, or l2 dithering (Alistarh et al., NeurIPS 2017): per block the Euclidean norm and, for each coordinate, a
 * level l in -s..s with E norm l / s = x. omega = min(block / s^2, sqrt(block) / s). Norms first, then levels: either
 * ceil(log2(2 s + 1)) bits each, or an adaptive range code behind a byte 1 (byte 0: fixed, where that is shorter).
 */
import type { CompressionContext, Compressor, DecodeFault } from './compressor.ts';
import type { Coding } from './compressor-spec.ts';
import { BitReader, BitWriter, bitsFor } from './bit-stream.ts';
import { decodeLevels, encodeLevels } from './levels-code.ts';
import { blockNorm, ditherOf, firstNonFinite, readScale, roundUpToFloat32 } from './wire-values.ts';

export function createQsgd(
  d: number,
  settings: { readonly levels: number; readonly block: number; readonly coding: Coding },
): Compressor {
  const s = settings.levels;
  const size = Math.min(settings.block, d);
  const blocks = Math.ceil(d / size);
  const bits = bitsFor(2 * s + 1);
  const fixedBytes = Math.ceil((bits * d) / 8);
  const entropy = settings.coding === 'entropy';
  const omega = Math.min(size / (s * s), Math.sqrt(size) / s);
  const header = 4 * blocks + (entropy ? 1 : 0);

  /** The levels of a vector; norms are written to the view. */
  function quantise(vector: Float32Array, context: CompressionContext, view: DataView): Int16Array {
    const random = ditherOf(context, 'qsgd');
    const levels = new Int16Array(d);
    for (let b = 0; b < blocks; b++) {
      const [from, to] = [b * size, Math.min(d, (b + 1) * size)];
      const norm = roundUpToFloat32(blockNorm(vector, from, to));
      view.setFloat32(4 * b, norm, true);
      if (norm === 0) continue;
      for (let i = from; i < to; i++) {
        const value = vector[i] as number;
        const level = Math.min(s, Math.floor((Math.abs(value) / norm) * s + random.next()));
        levels[i] = value < 0 ? -level : level;
      }
    }
    return levels;
  }

  function writeFixed(levels: Int16Array): Uint8Array {
    const writer = new BitWriter(fixedBytes);
    for (const level of levels) writer.write(level + s, bits);
    return writer.finish();
  }

  function readFixed(bytes: Uint8Array, levels: Int16Array): DecodeFault | undefined {
    if (bytes.length !== fixedBytes) return 'wrong-length';
    const reader = new BitReader(bytes);
    for (let i = 0; i < d; i++) {
      const code = reader.read(bits);
      if (code > 2 * s) return 'malformed';
      levels[i] = code - s;
    }
    return reader.paddedWithZeros ? undefined : 'malformed';
  }

  function readLevels(bytes: Uint8Array, levels: Int16Array): DecodeFault | undefined {
    if (!entropy) return readFixed(bytes.subarray(header), levels);
    const body = bytes.subarray(header);
    const tag = bytes[header - 1] as number;
    if (tag === 0) return readFixed(body, levels);
    if (tag !== 1) return 'malformed';
    return body.length < fixedBytes && decodeLevels(body, s, levels) ? undefined : 'malformed';
  }

  return {
    name: `qsgd(${s})`,
    d,
    unbiased: true,
    omega,
    alpha: omega < 1 ? 1 - omega : undefined,
    normBound: 1 + Math.sqrt(size) / s,
    maxBytes: header + fixedBytes,
    fixedLength: !entropy,
    encode: (vector, context) => {
      const norms = new Uint8Array(header);
      const levels = quantise(vector, context, new DataView(norms.buffer));
      const coded = entropy ? encodeLevels(levels) : undefined;
      const short = coded !== undefined && coded.length < fixedBytes;
      if (short) norms[header - 1] = 1;
      const body = short ? coded : writeFixed(levels);
      const bytes = new Uint8Array(header + body.length);
      bytes.set(norms);
      bytes.set(body, header);
      return bytes;
    },
    decode: (bytes, _context, out) => {
      if (bytes.length < header || bytes.length > header + fixedBytes) return 'wrong-length';
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const levels = new Int16Array(d);
      const fault = readLevels(bytes, levels);
      if (fault !== undefined) return fault;
      for (let b = 0; b < blocks; b++) {
        const norm = readScale(view, 4 * b);
        if (typeof norm !== 'number') return norm;
        for (let i = b * size; i < Math.min(d, (b + 1) * size); i++) {
          out[i] = (norm * (levels[i] as number)) / s;
        }
      }
      return firstNonFinite(out);
    },
  };
}
