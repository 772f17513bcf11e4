/**
 * What a compressor's file exports: its settings, its line of docs/compression.md and its function, in one place. The parser,
 * the editors' schema and the table follow from the lists in dense-compressors.ts and all-compressors.ts.
 */
import { z } from 'zod';
import { invalidField } from '../foundation/operator-error.ts';
import { integer } from '../foundation/schema.ts';
import {
  variantSchema,
  type ParsedVariant,
  type VariantParts,
  type VariantSchema,
} from '../foundation/variant-schema.ts';
import type { EncodingKernels } from '../linalg/linear-algebra.ts';
import type { Compressor, TensorShape } from './compressor.ts';

interface KindSpec {
  readonly kind: string;
}

export interface CompressorContext {
  /** The model's tensors in order, their sizes add up to d; for compressors that use shapes. */
  readonly shapes?: readonly TensorShape[] | undefined;
  /** They make no difference but of time. */
  readonly kernels?: EncodingKernels | undefined;
}

interface CompressorFacts<Spec extends KindSpec> {
  /** Its settings with their defaults, for people; so the next three. */
  readonly about?: string;
  readonly bytes: string;
  readonly unbiased: string;
  readonly bound: string;
  /** For vectors of length d. */
  create(this: void, d: number, spec: Spec, context: CompressorContext): Compressor;
}

export interface CompressorDefinition<Spec extends KindSpec = KindSpec> extends CompressorFacts<Spec> {
  readonly kind: string;
  readonly schema: VariantSchema<Spec>;
}

interface CompressorParts<Kind extends string, Shape extends z.ZodRawShape, Spec extends KindSpec>
  extends CompressorFacts<Spec>, VariantParts<'kind', Kind, Shape, Spec> {}

/** `kind` is the word by which files name the compressor; the types of settings follow from their schemas. */
export function defineCompressor<
  const Kind extends string,
  Shape extends z.ZodRawShape = Record<never, never>,
  Spec extends KindSpec = ParsedVariant<'kind', Kind, Shape>,
>(
  kind: Kind,
  { settings, settle, ...facts }: CompressorParts<Kind, Shape, Spec>,
): CompressorDefinition<Spec> {
  const schema = variantSchema<'kind', Kind, Shape, Spec>('kind', kind, settings, settle);
  return { ...facts, kind, schema };
}

export type Rounding = 'nearest' | 'stochastic';

export const rounding = z.enum(['nearest', 'stochastic']).default('stochastic');

export const block = integer(1, 1 << 30);

/** K as a count (an integer >= 1) or as a share of d (below 1). */
export const keep = z
  .number({ error: 'be a count of at least 1 or a share between 0 and 1' })
  .refine((k) => (k > 0 && k < 1) || (Number.isInteger(k) && k >= 1), {
    error: 'be a count of at least 1 or a share between 0 and 1',
  });

/** K from a count or a share of d. */
export function countOf(keep: number, d: number): number {
  if (keep < 1) return Math.max(1, Math.round(keep * d));
  if (keep > d) throw invalidField('compressor.keep', `be at most the ${d} parameters of the model`, keep);
  return keep;
}
