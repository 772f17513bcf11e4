/**
 * Rules and pre-aggregators as plain data, the way an experiment file and a command line name them. Each is parsed and
 * validated here; what it needs of n and f stands in bounds.ts.
 */
import { FieldReader } from '../foundation/field-reader.ts';
import { invalidField } from '../foundation/operator-error.ts';

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

const BASE_RULES = [
  'mean',
  'normalized-mean',
  'median',
  'trimmed-mean',
  'krum',
  'multi-krum',
  'geometric-median',
  'centered-clipping',
  'mda',
  'smea',
  'monna',
  'meamed',
  'phocas',
  'bulyan',
  'caf',
  'flag',
] as const satisfies readonly BaseRuleSpec['name'][];

export const RULE_NAMES = [...BASE_RULES, 'ctma'] as const satisfies readonly RuleSpec['name'][];

export const PRE_AGGREGATOR_NAMES = [
  'nnm',
  'bucketing',
  'clip',
  'arc',
] as const satisfies readonly PreAggregatorSpec['name'][];

/** The settings of each name; every other rule and pre-aggregator has none. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  median: ['ties'],
  'geometric-median': ['iterations', 'nu'],
  'centered-clipping': ['tau', 'iterations'],
  monna: ['own'],
  flag: ['r', 'lambda', 'iterations', 'arithmetic'],
  ctma: ['base', 'trim'],
  bucketing: ['s', 'seed'],
  clip: ['c'],
};

export function settingsOf(name: string): readonly string[] {
  return SETTINGS[name] ?? [];
}

/** `"krum"`, `{ name: "median", ties: "lower" }` or `{ name: "ctma", base: "median" }`. */
export function parseRule(value: unknown, field: string): RuleSpec {
  const read = new FieldReader(value, field, { shorthand: 'name' });
  const name = read.oneOf('name', RULE_NAMES);
  const rule = name === 'ctma' ? readCtma(read, field) : readBase(name, read);
  read.refuseOthers();
  return rule;
}

function readCtma(read: FieldReader, field: string): RuleSpec {
  const base = read.nested<BaseRuleSpec | undefined>('base', undefined, parseBase);
  if (base === undefined) {
    const path = field === '' ? 'base' : `${field}.base`;
    throw invalidField(path, 'name the rule that ctma trims around', base);
  }
  if (!read.has('trim')) return { name: 'ctma', base };
  const trim = read.number('trim', {
    accepts: (share) => share >= 0 && share < 0.5,
    rule: 'be a share of at least 0 and below 0.5',
  });
  return { name: 'ctma', base, trim };
}

function parseBase(value: unknown, field: string): BaseRuleSpec {
  const read = new FieldReader(value, field, { shorthand: 'name' });
  const rule = readBase(read.oneOf('name', BASE_RULES), read);
  read.refuseOthers();
  return rule;
}

function readBase(name: BaseRuleSpec['name'], read: FieldReader): BaseRuleSpec {
  switch (name) {
    case 'median':
      return { name, ties: read.oneOf('ties', ['mean', 'lower'], 'mean') };
    case 'geometric-median':
      return readGeometricMedian(read);
    case 'centered-clipping':
      return {
        name,
        tau: read.number('tau', { above: 0, otherwise: 1 }),
        iterations: read.integer('iterations', { min: 1, max: MOST_ITERATIONS, otherwise: 1 }),
      };
    case 'monna':
      return { name, own: read.integer('own', { min: 0, otherwise: 0 }) };
    case 'flag': {
      const arithmetic = read.oneOf('arithmetic', ['paper', 'released'], 'released');
      const otherwise = arithmetic === 'paper' ? PAPER_FLAG_ITERATIONS : RELEASED_FLAG_ITERATIONS;
      return {
        name,
        ...(read.has('r') ? { r: read.integer('r', { min: 1 }) } : {}),
        lambda: read.number('lambda', { min: 0, otherwise: 0 }),
        iterations: read.integer('iterations', { min: 1, max: MOST_ITERATIONS, otherwise }),
        arithmetic,
      };
    }
    default:
      return { name };
  }
}

/** Bounds what a configuration can make every peer compute. */
const MOST_ITERATIONS = 1000;
const PAPER_FLAG_ITERATIONS = 5;
const RELEASED_FLAG_ITERATIONS = 1;
const RFA_ITERATIONS = 3;
const RFA_NU = 0.1;

function readGeometricMedian(read: FieldReader): BaseRuleSpec {
  const name = 'geometric-median';
  const iterations = read.nested('iterations', RFA_ITERATIONS, (value, path) =>
    value === 'converge'
      ? ('converge' as const)
      : new FieldReader({ iterations: value }, path.slice(0, -'.iterations'.length)).integer('iterations', {
          min: 1,
          max: MOST_ITERATIONS,
        }),
  );
  // the smoothing keeps Weiszfeld's division defined; iterated to the end it is not needed
  if (iterations === 'converge') return { name, iterations, nu: read.number('nu', { min: 0, otherwise: 0 }) };
  return { name, iterations, nu: read.number('nu', { above: 0, otherwise: RFA_NU }) };
}

/** `"nnm"` or `{ name: "bucketing", s: 2 }`. */
export function parsePreAggregator(value: unknown, field: string): PreAggregatorSpec {
  const read = new FieldReader(value, field, { shorthand: 'name' });
  const name = read.oneOf('name', PRE_AGGREGATOR_NAMES);
  const spec = readPreAggregator(name, read);
  read.refuseOthers();
  return spec;
}

function readPreAggregator(name: PreAggregatorSpec['name'], read: FieldReader): PreAggregatorSpec {
  switch (name) {
    case 'bucketing': {
      const s = read.integer('s', { min: 1, otherwise: 2 });
      const seed = read.nested<string | number | undefined>('seed', undefined, parseSeed);
      return seed === undefined ? { name, s } : { name, s, seed };
    }
    case 'clip':
      return { name, c: read.number('c', { above: 0 }) };
    default:
      return { name };
  }
}

function parseSeed(value: unknown, field: string): string | number {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw invalidField(field, 'be a string or a number', value);
}
