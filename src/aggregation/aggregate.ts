/**
 * Runs a pipeline over n inputs: the one door of this room. Deterministic: the same inputs in the same order give the
 * same bytes on every machine.
 */
import type { LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import { checkPipeline, type Pipeline } from './pipeline.ts';

export interface AggregateOptions {
  /** How many inputs may be Byzantine. */
  readonly f: number;
  readonly linalg: LinearAlgebra;
  /** Receives the aggregate, d values; undefined content where a fault is returned. */
  readonly out: Float32Array;
  /** Randomness of bucketing; peers pass the round's beacon seed. */
  readonly seed?: Uint8Array;
  /** The previous aggregate, where centered clipping starts; left out: zero. */
  readonly previous?: Float32Array;
  /** n weights (finite, >= 0, not all zero) for the weighted forms of mean, median, geometric median and CTMA. */
  readonly weights?: Float64Array;
  /** MoNNA's own input; overrides the pipeline's. */
  readonly own?: number;
}

/** What `distance` measures in a report's rows. */
export type DistanceMeasure =
  /** Euclidean distance to the base's aggregate, by which CTMA trims */
  | 'to-base'
  /** Krum's score: the sum of squared distances to the nearest others */
  | 'krum-score'
  /** Euclidean distance to one's own input (MoNNA) */
  | 'to-own'
  /** Euclidean distance to the aggregate */
  | 'to-aggregate';

export interface RowReport {
  readonly row: number;
  readonly kept: boolean;
  readonly distance: number;
}

export interface Aggregated {
  readonly kind: 'aggregated';
  /** Where the aggregate is linear in the inputs: n coefficients, aggregate = (1 - their sum) previous + sum c_i x_i. */
  readonly coefficients?: Float64Array;
  /** Where the rule keeps some rows and excludes others. */
  readonly report?: { readonly measure: DistanceMeasure; readonly rows: readonly RowReport[] };
}

/** A peer's fault: these rows hold NaN or an infinity. `out` was not written. */
export interface NonFiniteInputs {
  readonly kind: 'non-finite-inputs';
  readonly rows: readonly number[];
}

export type Aggregation = Aggregated | NonFiniteInputs;

/** Aggregates the rows of `inputs` into `options.out`. Throws an OperatorError where n or f breaks a bound. */
export function aggregate(pipeline: Pipeline, inputs: Matrix, options: AggregateOptions): Aggregation {
  checkPipeline(pipeline, inputs.n, options.f, '');
  throw new Error('internal error: no rule is here yet');
}
