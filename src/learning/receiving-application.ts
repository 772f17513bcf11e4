/**
 * An Application that applies, aggregates and restores as every peer does and cannot train: it needs the model's
 * shape and neither data nor a back end. For those who read a history: exports and offline checks.
 */
import type { Pipeline } from '../aggregation/pipeline.ts';
import type { Experiment } from '../config/experiment.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { initialParameters } from '../training/initial-parameters.ts';
import type { Task } from '../training/task.ts';
import { createReceiver } from '../round/create-receiver.ts';
import { HeldStates } from './held-states.ts';
import { NewestOutcome } from './newest-outcome.ts';
import { TrainingApplication } from './training-application.ts';

/** In its genesis state. `linalg` stays its owner's; `pipeline` as `createReceiver` takes it, for who aggregates again. */
export function createReceivingApplication(
  experiment: Experiment,
  task: Task,
  linalg: LinearAlgebra,
  pipeline?: Pipeline,
): TrainingApplication {
  const { receiver, estimator } = createReceiver(experiment, task, linalg, pipeline);
  const states = new HeldStates(linalg.vectors?.spare);
  return new TrainingApplication({
    estimator,
    receiver,
    initialParameters: initialParameters(task, experiment.seed),
    states,
    outcome: new NewestOutcome(states),
  });
}
