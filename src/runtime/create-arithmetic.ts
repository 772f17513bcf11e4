/** The receiver's arithmetic of an experiment: its estimator, compressors and robust rule for one model's shape. */
import { createCompressor } from '../compression/create-compressor.ts';
import type { Experiment } from '../config/experiment.ts';
import { createEstimator } from '../estimation/estimator-spec.ts';
import type { Estimator } from '../estimation/estimator.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { layoutOf } from '../training/task.ts';
import type { TaskDescription } from '../training/training-requests.ts';
import { RoundArithmetic } from './round-arithmetic.ts';

export function createArithmetic(
  experiment: Experiment,
  { parameters }: Pick<TaskDescription, 'parameters'>,
  linalg: LinearAlgebra,
): { readonly arithmetic: RoundArithmetic; readonly estimator: Estimator } {
  const d = layoutOf(parameters).total;
  const { contribution, update } = experiment.compression;
  const { pipeline, f } = experiment.aggregation;
  const estimator = createEstimator(experiment.estimator, experiment.optimizer);
  const arithmetic = new RoundArithmetic({
    estimator,
    contributionCompressor: createCompressor(contribution, d, parameters),
    plainCompressor: createCompressor({ kind: 'float32' }, d),
    updateCompressor: createCompressor(update, d, parameters),
    pipeline,
    f,
    linalg,
  });
  return { arithmetic, estimator };
}
