/**
 * What a rule's file exports: its name, settings, bound, source and function, in one place. The parser, the help texts, the
 * tables of docs/aggregation.md, prices and sweeps follow from the lists in base-rules.ts and all-rules.ts.
 */
import type { z } from 'zod';
import { assert } from '../foundation/assert.ts';
import { integer } from '../foundation/schema.ts';
import {
  variantSchema,
  type ParsedVariant,
  type VariantParts,
  type VariantSchema,
} from '../foundation/variant-schema.ts';
import type { ColumnStatistic, LinearAlgebra } from '../linalg/linear-algebra.ts';
import type { Anchor, Geometry } from './geometry.ts';
import type { LinearResult, Selection } from './linear-result.ts';

/** A rule with its settings, as plain data. */
export interface NamedSpec {
  readonly name: string;
}

export interface RuleContext {
  readonly f: number;
  readonly linalg: Pick<LinearAlgebra, 'eigenSymmetric'>;
  /** One weight for each point; rules without a weighted form are never called with weights. */
  readonly weights?: Float64Array;
  /** Of rules that ask for it (`usesOwn`): the caller's own point, unless the spec says so. */
  readonly own?: number;
}

/** `nothing`: no inner products; `norms`: squared norms alone, n d reads; `gram`: all of them, n^2 d products. */
export type Level = 'nothing' | 'norms' | 'gram';

export interface Measures {
  readonly level: Level;
  /** `start`: the previous aggregate, or the origin where there is none. */
  readonly anchors?: readonly (Anchor | 'start')[];
}

export interface ColumnContext {
  /** How many values a column has. */
  readonly n: number;
  readonly f: number;
  readonly weights?: Float64Array;
}

/** Shares of the inputs in a mean, and who is in it. */
export interface Trimming {
  /** They add up to 1. */
  readonly shares: Float64Array;
  readonly kept: readonly number[];
}

/** How a rule computes: exactly one of `combine`, `columns` and `trim`. */
interface RuleFunctions<Spec extends NamedSpec> {
  /** An affine combination of the points, whose coefficients depend on inner products only. */
  combine?(this: void, geometry: Geometry, spec: Spec, context: RuleContext): LinearResult;
  /** A statistic of each coordinate; n values of which f may be Byzantine, or the n that `pick` kept. */
  columns?(this: void, spec: Spec, context: ColumnContext): ColumnStatistic;
  /** Before `columns`: which points take part. */
  pick?(this: void, geometry: Geometry, spec: Spec, context: RuleContext): Selection;
  /** A rule over a base rule (`spec.base`): what is kept of the inputs at these distances from the base's aggregate. */
  trim?(this: void, spec: Spec, distances: Float64Array, context: RuleContext): Trimming;
}

/** What a rule says of itself. */
interface RuleFacts<Spec extends NamedSpec> extends RuleFunctions<Spec> {
  /** Paper or origin, for people. */
  readonly source: string;
  /** Its settings with their defaults, for people. */
  readonly about?: string;
  /** The bound in n and f, for people; `n > 2f` where left out. */
  readonly needs?: string;
  /** The bound that n and f (> 0 or 0) break; undefined where they keep it. n > 2 f where left out. */
  fault?(this: void, spec: Spec, n: number, f: number): string | undefined;
  /** What `combine` or `pick` needs to know of the points; left out: all inner products. */
  measures?(this: void, spec: Spec): Measures;
  /** Whether there is a weighted form: true, or why not with these settings. */
  weighted?(this: void, spec: Spec): true | string;
  /** It has one input of its own among the n. */
  readonly usesOwn?: boolean;
}

export interface RuleDefinition<Spec extends NamedSpec = NamedSpec> extends RuleFacts<Spec> {
  readonly name: string;
  /** Of `{ name, ...settings }`. */
  readonly schema: VariantSchema<Spec>;
  /** Names of the settings. */
  readonly settings: readonly string[];
}

interface RuleParts<Name extends string, Shape extends z.ZodRawShape, Spec extends NamedSpec>
  extends RuleFacts<Spec>, VariantParts<'name', Name, Shape, Spec> {}

/** `name` is the word by which files and command lines name the rule; types of settings follow from their schemas. */
export function defineRule<
  const Name extends string,
  Shape extends z.ZodRawShape = Record<never, never>,
  Spec extends NamedSpec = ParsedVariant<'name', Name, Shape>,
>(name: Name, { settings, settle, ...facts }: RuleParts<Name, Shape, Spec>): RuleDefinition<Spec> {
  const forms = [facts.combine, facts.columns, facts.trim].filter((form) => form !== undefined);
  assert(forms.length === 1, `the rule ${name} has exactly one of combine, columns and trim`);
  assert(facts.pick === undefined || facts.columns !== undefined, `${name} picks for its columns`);
  const schema = variantSchema<'name', Name, Shape, Spec>('name', name, settings, settle);
  return { ...facts, name, schema, settings: Object.keys(settings ?? {}) };
}

/** Whether a value, from a module of the user's own, is what `defineRule` gave. */
export function isRule(value: unknown): value is RuleDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { name, schema, combine, columns, trim } = value as Partial<RuleDefinition>;
  return typeof name === 'string' && schema !== undefined && Boolean(combine ?? columns ?? trim);
}

/** How many steps an iterative rule may be told to make: it bounds what a configuration can make every peer compute. */
export const iterations = integer(1, 1000);

/** The bound of most rules: the honest are the majority. */
export function majorityFault(n: number, f: number): string | undefined {
  return 2 * f < n ? undefined : 'n > 2 f';
}

/** Of rules that bear nothing and compute for any f < n. */
export const NO_BOUND = { needs: 'f < n', fault: () => undefined } as const;
