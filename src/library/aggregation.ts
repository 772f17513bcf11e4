/**
 * `synod/aggregation`: the robust rules of docs/aggregation.md for any other program. n vectors of which f may be
 * anything become one; the same vectors in the same order give the same bytes on every machine and for any number of
 * threads.
 *
 * @module synod/aggregation
 */
import { aggregate as aggregateRows } from '../aggregation/aggregate.ts';
import { isRule, type RuleDefinition } from '../aggregation/define-rule.ts';
import { settleRule } from '../aggregation/own-rule.ts';
import { checkPipeline, leastInputs as leastInputsOf, parsePipeline } from '../aggregation/pipeline.ts';
import { PRE_AGGREGATOR_NAMES, RULE_NAMES, type Pipeline } from '../aggregation/specs.ts';
import { withOwnRules } from '../config/own-rules.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { openLinearAlgebra } from '../linalg/open-linear-algebra.ts';

export { defineRule, type RuleDefinition } from '../aggregation/define-rule.ts';
export {
  distanceMatrix,
  meanOf,
  squaredDistance,
  squaredDistancesTo,
  weightedMean,
  type Geometry,
} from '../aggregation/geometry.ts';
export { leastIndices } from '../aggregation/order.ts';
export {
  aggregateFiles,
  type AggregateFilesOptions,
  type AggregateReport,
} from '../file-aggregation/aggregate-files.ts';

/** Names of the rules, as `pipeline` takes them. */
export const rules: readonly string[] = RULE_NAMES;

/** Names of the pre-aggregators, as `pipeline.pre` takes them. */
export const preAggregators: readonly string[] = PRE_AGGREGATOR_NAMES;

/**
 * A rule by its name, or a pipeline as an experiment file describes one: `{ pre: ['nnm'], rule: 'ctma', base: 'median' }`.
 * Settings of the parts stand beside `rule` or inside the parts, see docs/aggregation.md. A rule of one's own, made by
 * `defineRule`, stands where a name would, its settings beside it.
 */
export type PipelineDescription =
  | string
  | RuleDefinition
  | {
      readonly pre?: readonly (string | Readonly<Record<string, unknown>>)[];
      readonly rule: string | RuleDefinition | Readonly<Record<string, unknown>>;
      readonly base?: string | Readonly<Record<string, unknown>>;
      readonly [setting: string]: unknown;
    };

export interface AggregationOptions {
  readonly pipeline: PipelineDescription;
  /** How many of the vectors may be Byzantine. */
  readonly f: number;
  /** n finite weights, none negative, not all zero; for mean, median, geometric median and CTMA over these. */
  readonly weights?: ArrayLike<number>;
  /** 32 bytes that nobody could choose: the randomness of bucketing. */
  readonly seed?: Uint8Array;
  /** Length d: the aggregate of the round before, where centered clipping starts; left out: zero. */
  readonly previous?: Float32Array;
  /** MoNNA's own input: its index among the vectors. */
  readonly own?: number;
}

export interface AggregationResult {
  /** The aggregate, length d. */
  readonly vector: Float32Array;
  /** Where the aggregate is a combination of the inputs: the n coefficients. */
  readonly coefficients?: Float64Array;
  /** Where the rule keeps some inputs and excludes others: which, and how far each lies by the rule's own measure. */
  readonly rows?: readonly { readonly row: number; readonly kept: boolean; readonly distance: number }[];
  /** What `distance` in `rows` is. */
  readonly measure?: string;
}

/** Thrown where vectors hold NaN or an infinity; no rule bears these, so a caller leaves such vectors out. */
export class NonFiniteVectorsError extends Error {
  override readonly name = 'NonFiniteVectorsError';
  /** Indices of the vectors, ascending. */
  readonly rows: readonly number[];

  constructor(rows: readonly number[]) {
    super(`vectors must be finite, but ${rows.join(', ')} hold NaN or an infinity`);
    this.rows = rows;
  }
}

/** Keeps threads and memory between calls. Close it when it is done: its threads keep a program alive. */
export interface Aggregator {
  /** Throws as `aggregate` does. */
  aggregate(vectors: readonly Float32Array[], options: AggregationOptions): AggregationResult;
  close(): void;
}

/** `threads`: how many compute, the calling one included; an integer of at least 1, 1 where left out. */
export function openAggregator({ threads = 1 }: { readonly threads?: number } = {}): Aggregator {
  if (!(Number.isInteger(threads) && threads >= 1))
    throw invalidField('threads', 'be an integer of at least 1', threads);
  const linalg = openLinearAlgebra({ threads });
  return {
    aggregate(vectors, { pipeline: description, f, weights, ...options }) {
      const pipeline = pipelineOf(description);
      const d = dimensionOf(vectors);
      checkPipeline(pipeline, vectors.length, f, '');
      const inputs = linalg.createMatrix(vectors.length, d);
      const out = linalg.createMatrix(1, d);
      try {
        vectors.forEach((vector, i) => inputs.row(i).set(vector));
        const result = aggregateRows(pipeline, inputs, {
          ...options,
          ...{ f, linalg, out: out.row(0) },
          ...(weights && { weights: Float64Array.from(weights) }),
        });
        if (result.kind === 'non-finite-inputs') throw new NonFiniteVectorsError(result.rows);
        const { coefficients, report } = result;
        return {
          vector: out.row(0).slice(),
          ...(coefficients && { coefficients }),
          ...(report && { rows: report.rows, measure: report.measure }),
        };
      } finally {
        inputs.free();
        out.free();
      }
    },
    close: () => linalg.close(),
  };
}

/**
 * One call of an aggregator on one thread. Throws a NonFiniteVectorsError, or an error of one sentence that names field,
 * rule and value where the vectors differ in length or n, f, a setting or a weight breaks a bound of the pipeline.
 */
export function aggregate(vectors: readonly Float32Array[], options: AggregationOptions): AggregationResult {
  const aggregator = openAggregator();
  try {
    return aggregator.aggregate(vectors, options);
  } finally {
    aggregator.close();
  }
}

/** The least number of vectors that the pipeline accepts when f of them may be Byzantine. */
export function leastInputs(pipeline: PipelineDescription, f: number): number {
  return leastInputsOf(pipelineOf(pipeline), f);
}

function pipelineOf(description: PipelineDescription): Pipeline {
  if (typeof description === 'string') return parsePipeline(description, 'pipeline');
  const whole = isRule(description) ? { rule: description } : description;
  const { rule } = whole;
  if (!isRule(rule)) return parsePipeline(whole, 'pipeline');
  return withOwnRules(parsePipeline({ ...whole, rule: OWN_PLACE }, 'pipeline'), (spec) => ({
    ...spec,
    path: rule.name,
    loaded: settleRule(rule, spec.settings, 'pipeline'),
  }));
}

/** Stands in a description for a rule that is given and not loaded. */
const OWN_PLACE = 'own.js';

function dimensionOf(vectors: readonly Float32Array[]): number {
  const [first] = vectors;
  if (first === undefined) throw invalidField('vectors', 'be at least one', 0);
  const stranger = vectors.findIndex((vector) => vector.length !== first.length);
  if (stranger >= 0) {
    throw invalidField(
      `vectors[${stranger}]`,
      `have the length ${first.length} of the first`,
      vectors[stranger]?.length,
    );
  }
  return first.length;
}
