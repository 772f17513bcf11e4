/**
 * QSGD, or l2 dithering (Alistarh et al., NeurIPS 2017): per block the Euclidean norm and, for each coordinate, a
 * level l in -s..s with E norm l / s = x. omega = min(block / s^2, sqrt(block) / s). Norms first, then levels: either
 * ceil(log2(2 s + 1)) bits each, or an adaptive range code behind a byte 1 (byte 0: fixed, where that is shorter).
 */
import { z } from 'zod';
import { littleEndian } from '../foundation/little-endian.ts';
import { integer } from '../foundation/schema.ts';
import type { CompressionContext, Compressor } from './compressor.ts';
import { block, defineCompressor } from './define-compressor.ts';
import { BitReader, BitWriter, bitsFor } from './bit-stream.ts';
import { encodeLevels, LevelsDecoder } from './levels-code.ts';
import { compressorOf, ifFinite, type VectorReader } from './vector-reader.ts';
import { blockNorm, ditherOf, readScale, roundUpToFloat32 } from './wire-values.ts';

export const qsgd = defineCompressor('qsgd', {
  about: '`levels` s (7), `block` (512), `coding` (entropy)',
  bytes: 'at most ⌈log2(2s+1)⌉ d / 8 + 4 d/B + 1',
  unbiased: 'yes',
  bound: 'omega min(B/s², √B/s)',
  settings: {
    levels: integer(1, 32_767).default(7),
    block: block.default(512),
    /** `fixed`: the same number of bits for every coordinate; `entropy`: an adaptive range coder, never longer. */
    coding: z.enum(['fixed', 'entropy']).default('entropy'),
  },
  create: (d, spec) => createQsgd(d, spec),
});

function createQsgd(
  d: number,
  settings: { readonly levels: number; readonly block: number; readonly coding: 'fixed' | 'entropy' },
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

  return compressorOf({
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
    open: (bytes) => {
      if (bytes.length < header || bytes.length > header + fixedBytes) return 'wrong-length';
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const tag = entropy ? (bytes[header - 1] as number) : 0;
      if (tag > 1) return 'malformed';
      const body = bytes.subarray(header);
      if (tag === 0 && body.length !== fixedBytes) return 'wrong-length';
      if (tag === 1 && body.length >= fixedBytes) return 'malformed';
      for (let b = 0; b < blocks; b++) {
        const norm = readScale(view, 4 * b);
        if (typeof norm !== 'number') return norm;
      }
      const levels = tag === 1 ? () => new LevelsDecoder(body) : () => new FixedLevels(body, bits, s);
      if (!areLevels(levels(), d, s)) return 'malformed';
      const norms = littleEndian(Float32Array, bytes, 0, blocks);
      return ifFinite(new LevelsReader({ norms, size, s, levels }), d);
    },
  });
}

/** Levels one after another. */
interface Levels {
  /** A magnitude above `s` is none of an encoding. */
  next(): number;
  /** Whether the bytes end as the encoder ends them, once all levels were read. */
  readonly isEnded: boolean;
}

class FixedLevels implements Levels {
  private readonly reader: BitReader;
  private readonly bits: number;
  private readonly s: number;

  constructor(body: Uint8Array, bits: number, s: number) {
    this.reader = new BitReader(body);
    this.bits = bits;
    this.s = s;
  }

  next(): number {
    return this.reader.read(this.bits) - this.s;
  }

  get isEnded(): boolean {
    return this.reader.paddedWithZeros;
  }
}

function areLevels(levels: Levels, d: number, s: number): boolean {
  for (let i = 0; i < d; i++) if (Math.abs(levels.next()) > s) return false;
  return levels.isEnded;
}

interface LevelsForm {
  readonly norms: Float32Array;
  /** Coordinates of a block. */
  readonly size: number;
  readonly s: number;
  readonly levels: () => Levels;
}

/** Reads on from where it is; a place before that is reached from the beginning. */
class LevelsReader implements VectorReader {
  private readonly form: LevelsForm;
  private levels: Levels;
  private at = 0;

  constructor(form: LevelsForm) {
    this.form = form;
    this.levels = form.levels();
  }

  read(start: number, end: number, out: Float32Array): void {
    const { norms, size, s, levels } = this.form;
    if (start < this.at) {
      this.levels = levels();
      this.at = 0;
    }
    for (; this.at < start; this.at++) this.levels.next();
    for (; this.at < end; this.at++) {
      const norm = norms[Math.floor(this.at / size)] as number;
      out[this.at - start] = (norm * this.levels.next()) / s;
    }
  }

  fork(): VectorReader {
    return new LevelsReader(this.form);
  }
}
