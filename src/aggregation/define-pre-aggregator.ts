/** What a pre-aggregator's file exports, as define-rule.ts has it for rules. */
import type { z } from 'zod';
import type { Seed } from '../foundation/seeded-random.ts';
import {
  variantSchema,
  type ParsedVariant,
  type VariantParts,
  type VariantSchema,
} from '../foundation/variant-schema.ts';
import type { Measures, NamedSpec } from './define-rule.ts';
import type { Combination, Geometry } from './geometry.ts';

export interface PreAggregatorContext {
  readonly f: number;
  /** The caller's; a pipeline's own seed serves where there is none. */
  readonly seed?: Seed;
}

interface PreAggregatorFacts<Spec extends NamedSpec> {
  /** Paper or origin, for people. */
  readonly source: string;
  /** What it does, for people. */
  readonly does: string;
  /** Its settings with their defaults, for people. */
  readonly about?: string;
  /** Whether its outputs mix several inputs; else each is one input, scaled. */
  readonly mixes: boolean;
  /** What it needs to know of the points. */
  readonly measures: Measures;
  /** The bound that n and f break. */
  fault?(this: void, spec: Spec, n: number, f: number): string | undefined;
  /** Where it gives another number of points than it takes: how many, and by which setting. */
  leaves?(this: void, spec: Spec, n: number): { readonly count: number; readonly by: string };
  /** Its outputs, in terms of the points. */
  mix(this: void, geometry: Geometry, spec: Spec, context: PreAggregatorContext): Combination[];
}

export interface PreAggregatorDefinition<
  Spec extends NamedSpec = NamedSpec,
> extends PreAggregatorFacts<Spec> {
  readonly name: string;
  readonly schema: VariantSchema<Spec>;
  readonly settings: readonly string[];
}

interface PreAggregatorParts<Name extends string, Shape extends z.ZodRawShape, Spec extends NamedSpec>
  extends PreAggregatorFacts<Spec>, VariantParts<'name', Name, Shape, Spec> {}

export function definePreAggregator<
  const Name extends string,
  Shape extends z.ZodRawShape = Record<never, never>,
  Spec extends NamedSpec = ParsedVariant<'name', Name, Shape>,
>(
  name: Name,
  { settings, settle, ...facts }: PreAggregatorParts<Name, Shape, Spec>,
): PreAggregatorDefinition<Spec> {
  const schema = variantSchema<'name', Name, Shape, Spec>('name', name, settings, settle);
  return { ...facts, name, schema, settings: Object.keys(settings ?? {}) };
}
