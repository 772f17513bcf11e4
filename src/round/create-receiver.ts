/**
 * The receiver of an experiment: its estimator, compressors and robust rule for one model's shape. Throws
 * an OperatorError where the theory forbids the combination of estimator, compressor and feedback. `pipeline`: the experiment's
 * as `openPipeline` gives it; left out, the receiver aggregates by built-in rules only.
 */
import type { Pipeline } from '../aggregation/pipeline.ts';
import { createCompressor } from '../compression/create-compressor.ts';
import { refuseForbidden } from '../compression/forbidden.ts';
import { agreedEstimator, sendsDifferences } from '../config/agreed-estimator.ts';
import type { Experiment } from '../config/experiment.ts';
import type { Estimator } from '../estimation/estimator.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { layoutOf } from '../training/task.ts';
import type { TaskDescription } from '../training/training-requests.ts';
import { ReceiverRound } from './receiver-round.ts';

export function createReceiver(
  experiment: Experiment,
  { parameters }: Pick<TaskDescription, 'parameters'>,
  linalg: LinearAlgebra,
  pipeline: Pipeline = experiment.aggregation.pipeline,
): { readonly receiver: ReceiverRound; readonly estimator: Estimator } {
  const d = layoutOf(parameters).total;
  const { contribution, update, feedback } = experiment.compression;
  const { f } = experiment.aggregation;
  const estimator = agreedEstimator(experiment, linalg.vectors);
  const contributionCompressor = createCompressor(contribution, d, parameters, linalg.encoding);
  const { needsUnbiased } = estimator;
  refuseForbidden({ compressor: contributionCompressor, feedback, needsUnbiased, receiverKeepsState: false });
  const receiver = new ReceiverRound({
    estimator,
    contributionCompressor,
    plainCompressor: sendsDifferences(experiment)
      ? createCompressor({ kind: 'float32' }, d, parameters, linalg.encoding)
      : undefined,
    updateCompressor: createCompressor(update, d, parameters, linalg.encoding),
    pipeline,
    f,
    linalg,
  });
  return { receiver, estimator };
}
