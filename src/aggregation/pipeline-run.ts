/** Runs a checked pipeline over passes: measure, mix in coefficient space, apply the rule, write the aggregate. */
import { assert, present } from '../foundation/assert.ts';
import type { Seed } from '../foundation/seeded-random.ts';
import type { ColumnStatistic, LinearAlgebra } from '../linalg/linear-algebra.ts';
import type { Aggregated, Aggregation, RowReport } from './aggregation-result.ts';
import {
  indexOfAnchor,
  mix,
  squaredDistance,
  squaredDistanceBetween,
  squaredDistancesTo,
  unmix,
  type Combination,
  type Geometry,
} from './geometry.ts';
import type { Selection } from './linear-result.ts';
import { measure } from './measure.ts';
import { needsOf } from './needs.ts';
import type { LoadedRule } from './own-rule.ts';
import type { Passes, Target } from './passes.ts';
import { baseOf, preAggregatorOf, ruleOf, type Pipeline, type RuleSpec } from './specs.ts';

export interface RunContext {
  readonly f: number;
  readonly linalg: Pick<LinearAlgebra, 'eigenSymmetric'>;
  /** The caller's; a pipeline's own seed serves where there is none. */
  readonly seed?: Seed;
  readonly hasPrevious: boolean;
  readonly knownFinite: boolean;
  readonly weights?: Float64Array;
  readonly own?: number;
}

/** Points to aggregate, and what they are made of in terms of the inputs; undefined where they are the inputs. */
interface Family {
  readonly geometry: Geometry;
  readonly points: readonly Combination[] | undefined;
}

/** What remains to be done in R^d. */
type Recipe = { readonly selection?: Selection } & (
  | { readonly kind: 'combination'; readonly combination: Combination }
  | {
      readonly kind: 'columns';
      readonly points: readonly Combination[] | undefined;
      readonly statistic: ColumnStatistic;
    }
);

export function runPipeline(pipeline: Pipeline, passes: Passes, context: RunContext): Aggregation {
  const needs = needsOf(pipeline, context.hasPrevious);
  const inputs = measure(passes, needs, context.knownFinite);
  if ('nonFinite' in inputs) return { kind: 'non-finite-inputs', rows: inputs.nonFinite };

  let family: Family = { geometry: inputs, points: undefined };
  // CTMA trims the rows as they stand before the first pre-aggregator that mixes them
  let unmixed = family;
  let mixed = false;
  for (const pre of pipeline.pre) {
    const definition = preAggregatorOf(pre);
    mixed ||= definition.mixes;
    family = mixFamily(inputs, family, definition.mix(family.geometry, pre, context));
    if (!mixed) unmixed = family;
  }

  const rule = loadedRule(pipeline.rule);
  const base = resolve(loadedRule(baseOf(pipeline.rule)), inputs, family, context);
  if (rule.definition.trim === undefined) {
    const recipe = base;
    execute(recipe, passes, inputs, 'out');
    const { inputs: measures } = standing(recipe, inputs, unmixed);
    const apart =
      mixed && recipe.kind === 'columns' ? inputsApart(family, inputs.count, context.f) : undefined;
    return {
      ...describe(recipe, inputs, mixed),
      inputs: { ...measures, ...(apart && { apart }) },
    };
  }
  const squared =
    base.kind === 'combination' && needs.level === 'gram'
      ? distancesInCoefficients(inputs, unmixed, base.combination)
      : distancesInSpace(base, passes, inputs, unmixed);
  const recipe = trim(rule, inputs, unmixed, squared.map(Math.sqrt), context);
  execute(recipe, passes, inputs, 'out');
  return { ...describe(recipe, inputs, false), ...standing(recipe, inputs, unmixed) };
}

function loadedRule(rule: RuleSpec): LoadedRule {
  return present(ruleOf(rule), 'a rule that is loaded');
}

function mixFamily(inputs: Geometry, family: Family, points: readonly Combination[]): Family {
  const { points: before } = family;
  return {
    geometry: mix(family.geometry, points),
    points: before === undefined ? points : points.map((point) => unmix(inputs, before, point)),
  };
}

function resolve(
  { definition, spec }: LoadedRule,
  inputs: Geometry,
  { geometry, points }: Family,
  context: RunContext,
): Recipe {
  if (definition.combine !== undefined) {
    const { combination, selection } = definition.combine(geometry, spec, context);
    return {
      kind: 'combination',
      combination: points === undefined ? combination : unmix(inputs, points, combination),
      ...(selection && { selection }),
    };
  }
  assert(definition.columns !== undefined, `${definition.name} is no rule over another`);
  const { f, weights } = context;
  if (definition.pick === undefined) {
    const statistic = definition.columns(spec, { n: geometry.count, f, ...(weights && { weights }) });
    return { kind: 'columns', points, statistic };
  }
  const selection = definition.pick(geometry, spec, context);
  const picked = selection.kept.map((i) => points?.[i] ?? unitOf(inputs, i));
  return {
    kind: 'columns',
    points: picked,
    statistic: definition.columns(spec, { n: picked.length, f }),
    selection,
  };
}

function unitOf(inputs: Geometry, i: number): Combination {
  const combination = new Float64Array(inputs.size);
  combination[i] = 1;
  return combination;
}

function execute(recipe: Recipe, passes: Passes, inputs: Geometry, target: Target): void {
  if (recipe.kind === 'columns') {
    passes.columns(recipe.points, recipe.statistic, target);
    return;
  }
  const { combination } = recipe;
  const previous = inputs.anchors.includes('previous') ? combination[indexOfAnchor(inputs, 'previous')]! : 0;
  passes.combine(combination.subarray(0, inputs.count), previous, target);
}

function distancesInCoefficients(inputs: Geometry, rows: Family, center: Combination): Float64Array {
  if (rows.points === undefined) return squaredDistancesTo(inputs, center);
  return Float64Array.from(rows.points, (point) => squaredDistanceBetween(inputs, point, center));
}

/** One pass to write the base's aggregate b, one for the distances to it. */
function distancesInSpace(base: Recipe, passes: Passes, inputs: Geometry, rows: Family): Float64Array {
  execute(base, passes, inputs, 'base');
  const squared = passes.squaredDistances('base');
  if (rows.points === undefined) return squared;
  // the rows are scaled inputs: |s x - b|^2 = s |x - b|^2 + (1 - s) (|b|^2 - s |x|^2)
  const baseNorm = passes.innerProducts('origin', ['base'])[passes.n]!;
  const origin = indexOfAnchor(inputs, 'origin');
  return squared.map((distance, i) => {
    const s = rows.points?.[i]?.[i] ?? 1;
    return Math.max(0, s * distance + (1 - s) * (baseNorm - s * squaredDistance(inputs, i, origin)));
  });
}

function trim(
  { definition, spec }: LoadedRule,
  inputs: Geometry,
  rows: Family,
  distances: Float64Array,
  context: RunContext,
): Recipe & { readonly kind: 'combination' } {
  assert(definition.trim !== undefined, `${definition.name} trims`);
  const { shares, kept } = definition.trim(spec, distances, context);
  const mean = new Float64Array(inputs.size);
  mean.set(shares);
  const combination = rows.points === undefined ? mean : unmix(inputs, rows.points, mean);
  return { kind: 'combination', combination, selection: { measure: 'to-base', kept, distances } };
}

function describe(recipe: Recipe, inputs: Geometry, mixed: boolean): Aggregated {
  const report = mixed ? reportOfMixture(recipe, inputs) : reportOf(recipe.selection);
  if (recipe.kind === 'columns') return { kind: 'aggregated', ...(report && { report }) };
  const { combination } = recipe;
  const coefficients = combination.slice(0, inputs.count);
  return {
    kind: 'aggregated',
    coefficients,
    ...(inputs.anchors.includes('previous') && {
      previousCoefficient: combination[indexOfAnchor(inputs, 'previous')]!,
    }),
    ...(report && { report }),
  };
}

function inputsApart({ points }: Family, count: number, f: number): readonly boolean[] {
  return Array.from(
    { length: count },
    (_, i) => (points ?? []).filter((point) => point[i] !== 0).length <= f,
  );
}

/** What was measured of the inputs on the way: coefficient space tells it without another pass over the numbers. */
function standing(recipe: Recipe, inputs: Geometry, unmixed: Family): Pick<Aggregated, 'inputs'> {
  const { squaredNorms, count } = inputs;
  // where nothing was measured there is no table, and there may be too many inputs for one
  const isMeasured = inputs.gram.length > 0;
  const squared =
    isMeasured && recipe.kind === 'combination' ? squaredDistancesTo(inputs, recipe.combination) : undefined;
  const { points } = unmixed;
  return {
    inputs: {
      ...(squaredNorms && { norms: squaredNorms.map(Math.sqrt) }),
      ...(squared?.every(Number.isFinite) && { distances: squared.map(Math.sqrt) }),
      ...(points && { scales: Float64Array.from({ length: count }, (_, i) => points[i]?.[i] ?? 1) }),
    },
  };
}

type Report = NonNullable<Aggregated['report']>;

function reportOf(selection: Selection | undefined): Report | undefined {
  if (selection === undefined) return undefined;
  const kept = new Set(selection.kept);
  const rows = Array.from(selection.distances, (distance, row): RowReport => ({
    row,
    kept: kept.has(row),
    distance,
  }));
  return { measure: selection.measure, rows };
}

/** Of a selection among mixtures: the inputs that take part in what was kept, and how far they are from the aggregate. */
function reportOfMixture(recipe: Recipe, inputs: Geometry): Report | undefined {
  if (recipe.kind === 'columns' || recipe.selection === undefined) return undefined;
  const { combination } = recipe;
  const kept = Array.from({ length: inputs.count }, (_, i) => i).filter((i) => combination[i] !== 0);
  const distances = squaredDistancesTo(inputs, combination).map(Math.sqrt);
  return reportOf({ measure: 'to-aggregate', kept, distances });
}
