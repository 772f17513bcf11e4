/** The compressor as an experiment file names it: a kind with its settings, parsed and validated here. */
import { z } from 'zod';
import { integer, named, parseWith } from '../foundation/schema.ts';

export type Rounding = 'nearest' | 'stochastic';

/** `keep` is K as a count (an integer >= 1) or as a share of d (below 1). */
export type CompressorSpec =
  | { readonly kind: 'float32' }
  | { readonly kind: 'bfloat16'; readonly rounding: Rounding }
  | { readonly kind: 'int8'; readonly block: number; readonly rounding: Rounding }
  | { readonly kind: 'natural' }
  | { readonly kind: 'qsgd'; readonly levels: number; readonly block: number; readonly coding: Coding }
  | { readonly kind: 'scaled-sign'; readonly block: number }
  | {
      readonly kind: 'rand-k';
      readonly keep: number;
      readonly mask: 'own' | 'shared';
      /** false leaves the factor d/K out: a contraction instead of an unbiased estimate. */
      readonly scaled: boolean;
      readonly values: CompressorSpec;
    }
  | { readonly kind: 'top-k'; readonly keep: number; readonly values: CompressorSpec }
  | {
      readonly kind: 'dct-top-k';
      readonly chunk: number;
      /** Coefficients kept in each chunk. */
      readonly keep: number;
      readonly values: CompressorSpec;
    }
  | { readonly kind: 'power-sgd'; readonly rank: number; readonly warmStart: boolean };

/** `fixed`: the same number of bits for every coordinate; `entropy`: an adaptive range coder, never longer. */
export type Coding = 'fixed' | 'entropy';

/** How a worker's memory makes up for a biased compressor. */
export type FeedbackSpec =
  | { readonly kind: 'none' }
  /** e <- decay (e) + v - C(e + v); decay 1 is EF14, below 1 DeMo's local momentum. */
  | { readonly kind: 'ef14'; readonly decay: number }
  /** h <- h + C(v - h), kept by worker and receiver alike. */
  | { readonly kind: 'ef21' };

const rounding = z.enum(['nearest', 'stochastic']).default('stochastic');
const block = integer(1, 1 << 30);
const keep = z
  .number({ error: 'be a count of at least 1 or a share between 0 and 1' })
  .refine((k) => (k > 0 && k < 1) || (Number.isInteger(k) && k >= 1), {
    error: 'be a count of at least 1 or a share between 0 and 1',
  });

/** Compressors that treat coordinates alike: the kept values of a sparse one may travel as any of these. */
const DENSE = [
  z.strictObject({ kind: z.literal('float32') }),
  z.strictObject({ kind: z.literal('bfloat16'), rounding }),
  z.strictObject({ kind: z.literal('int8'), block: block.default(256), rounding }),
  z.strictObject({ kind: z.literal('natural') }),
  z.strictObject({
    kind: z.literal('qsgd'),
    levels: integer(1, 32_767).default(7),
    block: block.default(512),
    coding: z.enum(['fixed', 'entropy']).default('entropy'),
  }),
  z.strictObject({ kind: z.literal('scaled-sign'), block: block.default(1 << 30) }),
] as const;

const values = named('kind', DENSE).default({ kind: 'float32' });

export const COMPRESSOR = named('kind', [
  ...DENSE,
  z.strictObject({
    kind: z.literal('rand-k'),
    keep,
    mask: z.enum(['own', 'shared']).default('own'),
    scaled: z.boolean().default(true),
    values,
  }),
  z.strictObject({ kind: z.literal('top-k'), keep, values }),
  z
    .strictObject({
      kind: z.literal('dct-top-k'),
      chunk: integer(2, 4096).default(64),
      keep: integer(1).optional(),
      values,
    })
    .transform((spec) => ({ ...spec, keep: spec.keep ?? Math.min(8, spec.chunk) }))
    .refine((spec) => spec.keep <= spec.chunk, { path: ['keep'], error: "be at most the chunk's size" }),
  z.strictObject({
    kind: z.literal('power-sgd'),
    rank: integer(1, 256).default(2),
    warmStart: z.boolean().default(true),
  }),
]);

const decay = z.number().min(0).max(1);

export const FEEDBACK = named('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('ef14'), decay: decay.default(1) }),
  z.strictObject({ kind: z.literal('ef21') }),
  z
    .strictObject({ kind: z.literal('demo'), decay: decay.default(0.999) })
    .transform((spec) => ({ ...spec, kind: 'ef14' as const })),
]);

/** A spec from an experiment file: `"int8"` or `{ "kind": "top-k", "keep": 0.01, "values": "int8" }`. */
export function parseCompressor(value: unknown, field: string): CompressorSpec {
  return parseWith<CompressorSpec>(COMPRESSOR, value, field);
}

/** `"none"`, `"ef14"`, `"ef21"`, `"demo"` (EF14 with decay 0.999), or an object. */
export function parseFeedback(value: unknown, field: string): FeedbackSpec {
  return parseWith<FeedbackSpec>(FEEDBACK, value, field);
}
