/**
 * `synod/compression`: what a vector becomes on the wire, and back, as docs/compression.md lists it.
 *
 * @module synod/compression
 */
import { parseCompressor } from '../compression/compressor-spec.ts';
import type { Compressor, TensorShape } from '../compression/compressor.ts';
import { createCompressor as createFromSpec } from '../compression/create-compressor.ts';
import { invalidField } from '../foundation/operator-error.ts';

export type { CompressionContext, Compressor, DecodeFault, TensorShape } from '../compression/compressor.ts';

/**
 * `kind`: a compressor by its name (`'int8'`) or with settings (`{ kind: 'top-k', keep: 0.01, values: 'int8' }`);
 * `d`: length of the vectors, at least 1; `shapes`: the model's tensors in order, which PowerSGD needs. Throws an error of
 * one sentence that names field, rule and value.
 */
export function createCompressor(
  kind: string | Readonly<Record<string, unknown>>,
  d: number,
  shapes?: readonly TensorShape[],
): Compressor {
  if (!(Number.isSafeInteger(d) && d >= 1)) throw invalidField('d', 'be an integer of at least 1', d);
  return createFromSpec(parseCompressor(kind, 'compressor'), d, shapes);
}
