/** The compressor of a spec, for vectors of length d. */
import { invalidField } from '../foundation/operator-error.ts';
import { unreachable } from '../foundation/assert.ts';
import type { Compressor, TensorShape } from './compressor.ts';
import type { EncodingKernels } from '../linalg/linear-algebra.ts';
import type { CompressorSpec } from './compressor-spec.ts';
import { createDctTopK, dctValueCount } from './dct-top-k.ts';
import { createBfloat16, createFloat32 } from './dense.ts';
import { createInt8 } from './int8.ts';
import { createNatural } from './natural.ts';
import { createPowerSgd } from './power-sgd.ts';
import { createQsgd } from './qsgd.ts';
import { createRandK } from './rand-k.ts';
import { createScaledSign } from './scaled-sign.ts';
import { createTopK } from './top-k.ts';

/** `shapes`: the model's tensors in order, for PowerSGD; their sizes add up to d. `kernels` make no difference but of time. */
export function createCompressor(
  spec: CompressorSpec,
  d: number,
  shapes?: readonly TensorShape[],
  kernels?: EncodingKernels,
): Compressor {
  switch (spec.kind) {
    case 'float32':
      return createFloat32(d);
    case 'bfloat16':
      return createBfloat16(d, spec.rounding, kernels);
    case 'int8':
      return createInt8(d, spec.block, spec.rounding, kernels);
    case 'natural':
      return createNatural(d);
    case 'qsgd':
      return createQsgd(d, spec);
    case 'scaled-sign':
      return createScaledSign(d, spec.block);
    case 'rand-k': {
      const count = countOf(spec.keep, d);
      return createRandK(d, { ...spec, count }, createCompressor(spec.values, count));
    }
    case 'top-k': {
      const count = countOf(spec.keep, d);
      return createTopK(d, count, createCompressor(spec.values, count));
    }
    case 'dct-top-k':
      return createDctTopK(d, spec, createCompressor(spec.values, dctValueCount(d, spec.chunk, spec.keep)));
    case 'power-sgd':
      return createPowerSgd(d, spec, shapes);
    default:
      return unreachable(spec);
  }
}

/** K from a count or a share of d. */
function countOf(keep: number, d: number): number {
  if (keep < 1) return Math.max(1, Math.round(keep * d));
  if (keep > d) throw invalidField('compressor.keep', `be at most the ${d} parameters of the model`, keep);
  return keep;
}
