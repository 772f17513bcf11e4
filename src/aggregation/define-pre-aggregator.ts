/** What a pre-aggregator's file exports, as define-rule.ts has it for rules. */
import { z } from 'zod';
import type { Seed } from '../foundation/seeded-random.ts';
import type { Measures, NamedSpec } from './define-rule.ts';
import type { Combination, Geometry } from './geometry.ts';
import type { VariantSchema } from './variant-schema.ts';

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

interface PreAggregatorParts<
  Shape extends z.ZodRawShape,
  Spec extends NamedSpec,
> extends PreAggregatorFacts<Spec> {
  readonly settings?: Shape;
}

type Settled<Name extends string, Shape extends z.ZodRawShape> = z.output<
  z.ZodObject<{ name: z.ZodLiteral<Name> } & Shape, z.core.$strict>
> & { readonly name: Name };

export function definePreAggregator<
  const Name extends string,
  Shape extends z.ZodRawShape = Record<never, never>,
>(
  name: Name,
  { settings, ...facts }: PreAggregatorParts<Shape, Settled<Name, Shape>>,
): PreAggregatorDefinition<Settled<Name, Shape>> {
  const schema = z.strictObject({ name: z.literal(name), ...settings });
  return {
    ...facts,
    name,
    schema: schema as unknown as VariantSchema<Settled<Name, Shape>>,
    settings: Object.keys(settings ?? {}),
  };
}
