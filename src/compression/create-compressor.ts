/** The compressor of a spec, for vectors of length d. */
import { present } from '../foundation/assert.ts';
import type { EncodingKernels } from '../linalg/linear-algebra.ts';
import { ALL_COMPRESSORS, type CompressorSpec } from './all-compressors.ts';
import type { Compressor, TensorShape } from './compressor.ts';
import type { CompressorDefinition } from './define-compressor.ts';

const BY_KIND = new Map<string, CompressorDefinition>(
  ALL_COMPRESSORS.map((definition) => [definition.kind, definition]),
);

/** `shapes`: the model's tensors in order, for PowerSGD; their sizes add up to d. `kernels` make no difference but of time. */
export function createCompressor(
  spec: CompressorSpec,
  d: number,
  shapes?: readonly TensorShape[],
  kernels?: EncodingKernels,
): Compressor {
  const definition = present(BY_KIND.get(spec.kind), `the compressor ${spec.kind}`);
  return definition.create(d, spec, { shapes, kernels });
}
