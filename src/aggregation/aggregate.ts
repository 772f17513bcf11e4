/**
 * Runs a pipeline over n inputs: the one door of this room. Deterministic: the same inputs in the same order give the
 * same bytes on every machine.
 */
import { assert } from '../foundation/assert.ts';
import { invalidField } from '../foundation/operator-error.ts';
import type { LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import type { DistanceMeasure } from './linear-rule.ts';
import { MatrixPasses } from './passes.ts';
import { runPipeline } from './pipeline-run.ts';
import { checkPipeline, type Pipeline } from './pipeline.ts';
import { relativeWeights } from './weights.ts';

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
  /** The caller has checked that the inputs are finite; coordinate-wise rules and the mean then take one pass less. */
  readonly knownFinite?: boolean;
}

export interface RowReport {
  readonly row: number;
  readonly kept: boolean;
  readonly distance: number;
}

export interface Aggregated {
  readonly kind: 'aggregated';
  /** Where the aggregate is linear in the inputs: the n coefficients c of sum_i c_i x_i + previousCoefficient previous. */
  readonly coefficients?: Float64Array;
  /** Only where centered clipping started at a previous aggregate. */
  readonly previousCoefficient?: number;
  /** Where the rule keeps some rows and excludes others. */
  readonly report?: { readonly measure: DistanceMeasure; readonly rows: readonly RowReport[] };
  /** What the run measured of its inputs anyway, each in the order of the rows. */
  readonly inputs?: InputMeasures;
}

export interface InputMeasures {
  /** Euclidean norms; absent where no pass around the origin was needed. */
  readonly norms?: Float64Array;
  /** Euclidean distances to the aggregate; absent where it is no combination of measured inputs. */
  readonly distances?: Float64Array;
  /** What clipping before the rule multiplied each input by (1: left alone); absent where the pipeline does not clip. */
  readonly scales?: Float64Array;
}

/** A peer's fault: these rows hold NaN or an infinity. `out` was not written. */
export interface NonFiniteInputs {
  readonly kind: 'non-finite-inputs';
  readonly rows: readonly number[];
}

export type Aggregation = Aggregated | NonFiniteInputs;

/**
 * Aggregates the rows of `inputs` into `options.out`. Throws an OperatorError where n, f or the weights break a bound
 * of the pipeline.
 */
export function aggregate(pipeline: Pipeline, inputs: Matrix, options: AggregateOptions): Aggregation {
  const { f, linalg, out, seed, previous, weights, own, knownFinite = false } = options;
  checkPipeline(pipeline, inputs.n, f, '');
  const shares = relativeWeights(pipeline, inputs.n, weights);
  if (own !== undefined && !(Number.isInteger(own) && own >= 0 && own < inputs.n)) {
    throw invalidField('own', `be the index of one of ${inputs.n} inputs`, own);
  }
  assert(out.length === inputs.d, `out has length ${out.length}, not ${inputs.d}`);
  assert(previous === undefined || previous.length === inputs.d, 'the previous aggregate has length d');
  const passes = new MatrixPasses(inputs, linalg, out, previous);
  return runPipeline(pipeline, passes, {
    f,
    linalg,
    hasPrevious: previous !== undefined,
    knownFinite,
    ...(seed && { seed }),
    ...(shares && { weights: shares }),
    ...(own !== undefined && { own }),
  });
}
