/**
 * An Application that applies, aggregates and restores as every peer does and cannot train: it needs the model's
 * shape and neither data nor a back end. For those who read a history: exports and offline checks.
 */
import type { Experiment } from '../config/experiment.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { initialParameters } from '../training/initial-parameters.ts';
import type { Task } from '../training/task.ts';
import { createArithmetic } from './create-arithmetic.ts';
import { TrainingApplication } from './training-application.ts';

/** In its genesis state. `linalg` stays its owner's. */
export function createReceivingApplication(
  experiment: Experiment,
  task: Task,
  linalg: LinearAlgebra,
): TrainingApplication {
  const { arithmetic, estimator } = createArithmetic(experiment, task, linalg);
  return new TrainingApplication({
    self: experiment.roster[0] as string,
    estimator,
    arithmetic,
    initialParameters: initialParameters(task, experiment.seed),
    oracle: () => {
      throw new Error('internal error: a receiving application was asked to train');
    },
    feedback: experiment.compression.feedback,
  });
}
