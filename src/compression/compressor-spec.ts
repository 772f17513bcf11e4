/** Compressor and error feedback as an experiment file names them: a kind with its settings, parsed and validated here. */
import { z } from 'zod';
import { named, parseWith } from '../foundation/schema.ts';
import { COMPRESSOR, type CompressorSpec } from './all-compressors.ts';

/** How a worker's memory makes up for a biased compressor. */
export type FeedbackSpec =
  | { readonly kind: 'none' }
  /** e <- decay (e) + v - C(e + v); decay 1 is EF14, below 1 DeMo's local momentum. */
  | { readonly kind: 'ef14'; readonly decay: number }
  /** h <- h + C(v - h), kept by worker and receiver alike. */
  | { readonly kind: 'ef21' };

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
  return parseWith(COMPRESSOR, value, field);
}

/** `"none"`, `"ef14"`, `"ef21"`, `"demo"` (EF14 with decay 0.999), or an object. */
export function parseFeedback(value: unknown, field: string): FeedbackSpec {
  return parseWith<FeedbackSpec>(FEEDBACK, value, field);
}
