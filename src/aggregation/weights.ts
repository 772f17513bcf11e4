/** Weights of the inputs, as a caller states them: checked, and brought to a scale at which no sum or product overflows. */
import { FieldError, invalidField } from '../foundation/operator-error.ts';
import { weightedFault } from './bounds.ts';
import type { Pipeline } from './pipeline.ts';

/** Throws an OperatorError where there are weights that are malformed or that the pipeline has no form for. */
export function checkWeights(pipeline: Pipeline, n: number, weights: Float64Array | undefined): void {
  if (weights === undefined) return;
  const fault = weightedFault(pipeline);
  if (fault !== undefined) throw new FieldError({ field: 'weights', words: `cannot be used: ${fault}` });
  if (weights.length !== n)
    throw invalidField('weights', `have one value for each of ${n} inputs`, weights.length);
  const malformed = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (malformed >= 0) {
    throw invalidField('weights', `be finite and not negative (place ${malformed})`, weights[malformed]);
  }
  if (!weights.some((weight) => weight > 0)) throw invalidField('weights', 'have a positive value', 0);
}

/** The checked weights as shares of the greatest, in 0 .. 1: every rule depends on their proportions alone. */
export function relativeWeights(
  pipeline: Pipeline,
  n: number,
  weights: Float64Array | undefined,
): Float64Array | undefined {
  checkWeights(pipeline, n, weights);
  const greatest = weights?.reduce((most, weight) => Math.max(most, weight), 0) ?? 1;
  return weights?.map((weight) => weight / greatest);
}
