/**
 * Runs a pipeline over n inputs: the one entry of this room. Deterministic: the same inputs in the same order give the
 * same bytes on every machine.
 */
import { assert } from '../foundation/assert.ts';
import { invalidField } from '../foundation/operator-error.ts';
import type { LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import type { Aggregation } from './aggregation-result.ts';
import { MatrixPasses } from './passes.ts';
import { runPipeline } from './pipeline-run.ts';
import { checkPipeline, type Pipeline } from './pipeline.ts';
import { relativeWeights } from './weights.ts';

export type {
  Aggregated,
  Aggregation,
  InputMeasures,
  NonFiniteInputs,
  RowReport,
} from './aggregation-result.ts';

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
