/** The schema of one variant of a choice by name: what `named` (src/foundation/schema.ts) takes, with its output's type. */
import type { z } from 'zod';

export type VariantSchema<Output> = z.core.$ZodTypeDiscriminable & z.ZodType<Output>;

/** What a definition's schema gives. */
export type SpecOf<Definition> = Definition extends { readonly schema: z.ZodType<infer Output> }
  ? Output
  : never;
