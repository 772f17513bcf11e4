/**
 * The common frame of whatever is chosen by a word and has settings: a rule, a pre-aggregator, a compressor, an attack.
 * Which field holds the word is each list's own (`name` in a pipeline, `kind` elsewhere), since files and experiment ids
 * hold it.
 */
import { z } from 'zod';

/** The schema of one variant: what `named` of schema.ts takes, with its output's type. */
export type VariantSchema<Output> = z.core.$ZodTypeDiscriminable & z.ZodType<Output>;

/** What a definition's schema gives. */
export type SpecOf<Definition> = Definition extends { readonly schema: z.ZodType<infer Output> }
  ? Output
  : never;

/** The object of the word and the settings. */
export type VariantObject<Tag extends string, Word extends string, Shape extends z.ZodRawShape> = z.ZodObject<
  { [T in Tag]: z.ZodLiteral<Word> } & Shape,
  z.core.$strict
>;

/** The word and the settings as they are once parsed: defaults filled in, the word known by its type. */
export type ParsedVariant<Tag extends string, Word extends string, Shape extends z.ZodRawShape> = z.output<
  VariantObject<Tag, Word, Shape>
> & { readonly [T in Tag]: Word };

export interface VariantParts<Tag extends string, Word extends string, Shape extends z.ZodRawShape, Spec> {
  /** A zod schema for each setting; those with a default may be left out. */
  readonly settings?: Shape;
  /** Rules between settings, and defaults that depend on others. */
  readonly settle?: (schema: VariantObject<Tag, Word, Shape>) => z.ZodType<Spec>;
}

export function variantSchema<Tag extends string, Word extends string, Shape extends z.ZodRawShape, Spec>(
  tag: Tag,
  word: Word,
  settings: Shape | undefined,
  settle?: VariantParts<Tag, Word, Shape, Spec>['settle'],
): VariantSchema<Spec> {
  const object = z.strictObject({ [tag]: z.literal(word), ...settings });
  const settled = object as unknown as VariantObject<Tag, Word, Shape>;
  return (settle?.(settled) ?? settled) as unknown as VariantSchema<Spec>;
}
