/**
 * DCT + TopK of DeMo (Peng, Quesnelle, Kingma, arXiv 2411.19870): the vector is cut into chunks, each chunk's cosine
 * transform keeps its K largest coefficients. A contraction with alpha = K / chunk, as the transform is orthonormal;
 * DeMo's local momentum is the error feedback with decay around it. Departure: chunks of the flat vector and a
 * one-dimensional transform, where the paper cuts each tensor into two-dimensional tiles.
 */
import { integer } from '../foundation/schema.ts';
import type { Compressor } from './compressor.ts';
import { BitReader, BitWriter } from './bit-stream.ts';
import { cosineTable, restoreChunk, transformChunk } from './dct.ts';
import { indexCode, readIndices, writeIndices } from './index-set.ts';
import { largestIndices } from './top-k.ts';
import { compressorOf, ifFinite, randomAccess } from './vector-reader.ts';
import { defineCompressor } from './define-compressor.ts';
import { createDense, values } from './dense-compressors.ts';

export const dctTopK = defineCompressor('dct-top-k', {
  about: '`chunk` (64), `keep` (8) each chunk, `values`',
  bytes: 'index sets + values',
  unbiased: 'no',
  bound: 'alpha keep/chunk · alpha_values',
  settings: {
    chunk: integer(2, 4096).default(64),
    /** Coefficients kept in each chunk. */
    keep: integer(1).optional(),
    values,
  },
  settle: (schema) =>
    schema
      .transform((spec) => ({ ...spec, keep: spec.keep ?? Math.min(8, spec.chunk) }))
      .refine((spec) => spec.keep <= spec.chunk, { path: ['keep'], error: "be at most the chunk's size" }),
  create: (d, spec) =>
    createDctTopK(d, spec, createDense(spec.values, dctValueCount(d, spec.chunk, spec.keep))),
});

/** How many values the chunks of a vector of length d keep together. */
function dctValueCount(d: number, chunk: number, keep: number): number {
  return Math.ceil(d / chunk) * keep;
}

function createDctTopK(
  d: number,
  settings: { readonly chunk: number; readonly keep: number },
  values: Compressor,
): Compressor {
  const { chunk: size, keep } = settings;
  const chunks = Math.ceil(d / size);
  const code = indexCode(size, keep);
  const maxIndexBytes = chunks * code.maxBytes;
  const table = cosineTable(size);
  const alpha = values.alpha === undefined ? undefined : (keep / size) * values.alpha;
  return compressorOf({
    name: `dct-top-k(${keep}/${size})${values.name === 'float32' ? '' : ` + ${values.name}`}`,
    d,
    unbiased: false,
    omega: alpha === undefined ? undefined : 1 - alpha,
    alpha,
    normBound: values.normBound,
    maxBytes: maxIndexBytes + values.maxBytes,
    fixedLength: false,
    encode: (vector, context) => {
      const writer = new BitWriter(maxIndexBytes);
      const kept = new Float32Array(chunks * keep);
      const coefficients = new Float32Array(size);
      for (let c = 0; c < chunks; c++) {
        transformChunk(table, size, vector.subarray(c * size, Math.min(d, (c + 1) * size)), coefficients);
        const indices = largestIndices(coefficients, keep);
        writeIndices(code, indices, writer);
        for (let j = 0; j < keep; j++) kept[c * keep + j] = coefficients[indices[j] as number] as number;
      }
      const head = writer.finish();
      const body = values.encode(kept, context);
      const bytes = new Uint8Array(head.length + body.length);
      bytes.set(head);
      bytes.set(body, head.length);
      return bytes;
    },
    open: (bytes, context) => {
      const reader = new BitReader(bytes);
      const indices = new Uint32Array(chunks * keep);
      for (let c = 0; c < chunks; c++) {
        if (!readIndices(code, reader, indices, c * keep)) {
          return reader.overrun ? 'wrong-length' : 'malformed';
        }
      }
      if (!reader.paddedWithZeros) return 'malformed';
      const kept = new Float32Array(chunks * keep);
      const fault = values.decode(bytes.subarray(reader.byteLength), context, kept);
      if (fault !== undefined) return fault;
      const restore = (c: number, from: number, out: Float32Array): void => {
        const [first, last] = [c * keep, (c + 1) * keep];
        restoreChunk(table, size, indices.subarray(first, last), kept.subarray(first, last), from, out);
      };
      return ifFinite(
        randomAccess((start, end, out) => {
          for (let c = Math.floor(start / size); c * size < end; c++) {
            const [from, to] = [Math.max(start, c * size), Math.min(end, (c + 1) * size)];
            restore(c, from - c * size, out.subarray(from - start, to - start));
          }
        }),
        d,
      );
    },
  });
}
