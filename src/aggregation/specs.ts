/**
 * Rules and pre-aggregators as plain data, the way an experiment file and a command line name them. Each is parsed and
 * validated here; what it needs of n and f stands in bounds.ts.
 */
import { z } from 'zod';
import { integer, named, parseWith, positive } from '../foundation/schema.ts';

/** Rules that return one affine combination of the inputs, whose coefficients depend on inner products only. */
export type LinearRuleSpec =
  | { readonly name: 'mean' }
  | { readonly name: 'normalized-mean' }
  | { readonly name: 'krum' }
  | { readonly name: 'multi-krum' }
  | {
      readonly name: 'geometric-median';
      /** `converge`: until the exact (for nu > 0: the smoothed) geometric median. */
      readonly iterations: number | 'converge';
      readonly nu: number;
      /** Where the steps begin; left out: at zero, as RFA's authors do; or at the input whose distances add up least. */
      readonly start?: 'zero' | 'medoid';
    }
  | { readonly name: 'centered-clipping'; readonly tau: number; readonly iterations: number }
  | { readonly name: 'mda' }
  | { readonly name: 'smea' }
  /** `own`: the index of one's own input, unless the caller of `aggregate` names it. */
  | { readonly name: 'monna'; readonly own: number }
  | { readonly name: 'caf' }
  | {
      readonly name: 'flag';
      /** Subspace dimension; left out: ceil((n + 1) / 2). */
      readonly r?: number;
      readonly lambda: number;
      readonly iterations: number;
      readonly arithmetic: 'paper' | 'released';
    };

/** Rules that look at each coordinate by itself. */
export type CoordinateRuleSpec =
  | { readonly name: 'median'; readonly ties: 'mean' | 'lower' }
  | { readonly name: 'trimmed-mean' }
  | { readonly name: 'meamed' }
  | { readonly name: 'phocas' };

export type BaseRuleSpec = LinearRuleSpec | CoordinateRuleSpec | { readonly name: 'bulyan' };

export type RuleSpec =
  | BaseRuleSpec
  | {
      readonly name: 'ctma';
      readonly base: BaseRuleSpec;
      /** Share of the inputs' weight that is cut off; left out: f / n. */
      readonly trim?: number;
    };

export type PreAggregatorSpec =
  | { readonly name: 'nnm' }
  /** `seed` serves where the caller of `aggregate` gives none (the command); peers use the beacon's. */
  | { readonly name: 'bucketing'; readonly s: number; readonly seed?: string | number }
  | { readonly name: 'clip'; readonly c: number }
  | { readonly name: 'arc' };

/** Pre-aggregators in order, then one rule. */
export interface Pipeline {
  readonly pre: readonly PreAggregatorSpec[];
  readonly rule: RuleSpec;
}

/** Bounds what a configuration can make every peer compute. */
const MOST_ITERATIONS = 1000;
const PAPER_FLAG_ITERATIONS = 5;
const RELEASED_FLAG_ITERATIONS = 1;
const RFA_ITERATIONS = 3;
const RFA_NU = 0.1;

const iterations = integer(1, MOST_ITERATIONS);

const GEOMETRIC_MEDIAN = z
  .strictObject({
    name: z.literal('geometric-median'),
    iterations: z.union([iterations, z.literal('converge')]).default(RFA_ITERATIONS),
    nu: z.number().min(0).optional(),
    start: z.enum(['zero', 'medoid']).exactOptional(),
  })
  // the smoothing keeps Weiszfeld's division defined; iterated to the end it is not needed
  .refine((spec) => spec.nu !== 0 || spec.iterations === 'converge', {
    path: ['nu'],
    error: 'be above 0 unless iterations is converge',
  })
  // the end of the iteration does not depend on its start, so only one spelling of it is known
  .refine((spec) => spec.start === undefined || spec.iterations !== 'converge', {
    path: ['start'],
    error: 'be left out where iterations is converge',
  })
  .transform((spec) => ({ ...spec, nu: spec.nu ?? (spec.iterations === 'converge' ? 0 : RFA_NU) }));

const FLAG = z
  .strictObject({
    name: z.literal('flag'),
    r: integer(1).exactOptional(),
    lambda: z.number().min(0).default(0),
    iterations: iterations.optional(),
    arithmetic: z.enum(['paper', 'released']).default('released'),
  })
  .transform((spec) => ({
    ...spec,
    iterations:
      spec.iterations ?? (spec.arithmetic === 'paper' ? PAPER_FLAG_ITERATIONS : RELEASED_FLAG_ITERATIONS),
  }));

const BASE_RULES = [
  z.strictObject({ name: z.literal('mean') }),
  z.strictObject({ name: z.literal('normalized-mean') }),
  z.strictObject({ name: z.literal('median'), ties: z.enum(['mean', 'lower']).default('mean') }),
  z.strictObject({ name: z.literal('trimmed-mean') }),
  z.strictObject({ name: z.literal('krum') }),
  z.strictObject({ name: z.literal('multi-krum') }),
  GEOMETRIC_MEDIAN,
  z.strictObject({
    name: z.literal('centered-clipping'),
    tau: positive.default(1),
    iterations: iterations.default(1),
  }),
  z.strictObject({ name: z.literal('mda') }),
  z.strictObject({ name: z.literal('smea') }),
  z.strictObject({ name: z.literal('monna'), own: integer(0).default(0) }),
  z.strictObject({ name: z.literal('meamed') }),
  z.strictObject({ name: z.literal('phocas') }),
  z.strictObject({ name: z.literal('bulyan') }),
  z.strictObject({ name: z.literal('caf') }),
  FLAG,
] as const;

const CTMA = z.strictObject({
  name: z.literal('ctma'),
  base: named('name', BASE_RULES),
  trim: z.number().min(0).lt(0.5).exactOptional(),
});

const RULES = [...BASE_RULES, CTMA] as const;

const PRE_AGGREGATORS = [
  z.strictObject({ name: z.literal('nnm') }),
  z.strictObject({
    name: z.literal('bucketing'),
    s: integer(1).default(2),
    seed: z.union([z.string(), z.number()]).exactOptional(),
  }),
  z.strictObject({ name: z.literal('clip'), c: positive }),
  z.strictObject({ name: z.literal('arc') }),
] as const;

export const RULE = named('name', RULES);
export const PRE_AGGREGATOR = named('name', PRE_AGGREGATORS);

type PartSchema = (typeof RULES)[number] | (typeof PRE_AGGREGATORS)[number];

function shapeOf(schema: PartSchema) {
  return (schema instanceof z.ZodPipe ? schema.in : schema).shape;
}

export const RULE_NAMES = RULES.map((schema) => shapeOf(schema).name.value) as RuleSpec['name'][];

export const PRE_AGGREGATOR_NAMES = PRE_AGGREGATORS.map((schema) => schema.shape.name.value);

const SETTINGS: ReadonlyMap<string, readonly string[]> = new Map(
  [...RULES, ...PRE_AGGREGATORS].map((schema) => {
    const { name, ...settings } = shapeOf(schema);
    return [name.value, Object.keys(settings)];
  }),
);

/** The settings that a rule or a pre-aggregator takes. */
export function settingsOf(name: string): readonly string[] {
  return SETTINGS.get(name) ?? [];
}

/** `"krum"`, `{ name: "median", ties: "lower" }` or `{ name: "ctma", base: "median" }`. */
export function parseRule(value: unknown, field: string): RuleSpec {
  return parseWith<RuleSpec>(RULE, value, field);
}

/** `"nnm"` or `{ name: "bucketing", s: 2 }`. */
export function parsePreAggregator(value: unknown, field: string): PreAggregatorSpec {
  return parseWith<PreAggregatorSpec>(PRE_AGGREGATOR, value, field);
}
