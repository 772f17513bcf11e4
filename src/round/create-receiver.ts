/**
 * The receiver's receiver of an experiment: its estimator, compressors and robust rule for one model's shape. Throws
 * an OperatorError where the theory forbids the combination of estimator, compressor and feedback.
 */
import { createCompressor } from '../compression/create-compressor.ts';
import { refuseForbidden } from '../compression/forbidden.ts';
import type { Experiment } from '../config/experiment.ts';
import { createEstimator } from '../estimation/estimator-spec.ts';
import type { Estimator } from '../estimation/estimator.ts';
import { rememberAggregate } from '../estimation/remembered-aggregate.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { layoutOf } from '../training/task.ts';
import type { TaskDescription } from '../training/training-requests.ts';
import { ReceiverRound } from './receiver-round.ts';

export function createReceiver(
  experiment: Experiment,
  { parameters }: Pick<TaskDescription, 'parameters'>,
  linalg: LinearAlgebra,
): { readonly receiver: ReceiverRound; readonly estimator: Estimator } {
  const d = layoutOf(parameters).total;
  const { contribution, update, feedback } = experiment.compression;
  const { pipeline, f } = experiment.aggregation;
  const bare = createEstimator(experiment.estimator, experiment.optimizer);
  const estimator = startsAtPrevious(experiment) ? rememberAggregate(bare) : bare;
  const contributionCompressor = createCompressor(contribution, d, parameters, linalg.encoding);
  const { needsUnbiased } = estimator;
  refuseForbidden({ compressor: contributionCompressor, feedback, needsUnbiased, receiverKeepsState: false });
  const receiver = new ReceiverRound({
    estimator,
    contributionCompressor,
    plainCompressor: createCompressor({ kind: 'float32' }, d),
    updateCompressor: createCompressor(update, d, parameters, linalg.encoding),
    pipeline,
    f,
    linalg,
  });
  return { receiver, estimator };
}

/** Differences from the previous direction start at zero: that is the previous direction. */
function startsAtPrevious({ aggregation, estimator }: Experiment): boolean {
  const { rule } = aggregation.pipeline;
  const base = rule.name === 'ctma' ? rule.base : rule;
  const differences = estimator.kind === 'vr-marina-pp' || estimator.clipDifferences !== undefined;
  return base.name === 'centered-clipping' && !differences;
}
