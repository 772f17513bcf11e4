/**
 * Compressors that treat coordinates alike: the kept values of a sparse one may travel as any of these. A new one is a file
 * of its own and a line here.
 */
import { present } from '../foundation/assert.ts';
import { named } from '../foundation/schema.ts';
import type { Compressor } from './compressor.ts';
import type { CompressorContext, CompressorDefinition } from './define-compressor.ts';
import { bfloat16, float32 } from './dense.ts';
import { int8 } from './int8.ts';
import { natural } from './natural.ts';
import { qsgd } from './qsgd.ts';
import { scaledSign } from './scaled-sign.ts';

export const DENSE_COMPRESSORS = [float32, bfloat16, int8, natural, qsgd, scaledSign] as const;

export type DenseSpec = (typeof DENSE_COMPRESSORS)[number]['schema']['_output'];

const [first, ...others] = DENSE_COMPRESSORS.map(({ schema }) => schema);

export const values = named('kind', [first!, ...others]).default({ kind: 'float32' });

const BY_KIND = new Map<string, CompressorDefinition>(
  DENSE_COMPRESSORS.map((definition) => [definition.kind, definition]),
);

/** The compressor of a sparse one's values. */
export function createDense(spec: DenseSpec, count: number, context: CompressorContext = {}): Compressor {
  return present(BY_KIND.get(spec.kind), `the compressor ${spec.kind}`).create(count, spec, context);
}
