/** The estimator of an experiment as its peers run it, with what its robust rule makes it remember. */
import { baseOf, ruleOf } from '../aggregation/specs.ts';
import { createEstimator } from '../estimation/estimator-spec.ts';
import type { Estimator } from '../estimation/estimator.ts';
import { rememberAggregate } from '../estimation/remembered-aggregate.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import type { Experiment } from './experiment.ts';

type Parts = Pick<Experiment, 'aggregation' | 'estimator' | 'optimizer'>;

export function agreedEstimator(experiment: Parts, kernels?: VectorKernels): Estimator {
  const bare = createEstimator(experiment.estimator, experiment.optimizer, kernels);
  return startsAtPrevious(experiment) ? rememberAggregate(bare) : bare;
}

/** Whether workers send differences; some rounds then need whole vectors, which travel uncompressed. */
export function sendsDifferences({ estimator }: Pick<Experiment, 'estimator'>): boolean {
  return estimator.kind === 'vr-marina-pp' || estimator.clipDifferences !== undefined;
}

/** Differences from the previous direction start at zero: that is the previous direction. */
function startsAtPrevious(experiment: Parts): boolean {
  const base = ruleOf(baseOf(experiment.aggregation.pipeline.rule));
  const anchors = base?.definition.measures?.(base.spec).anchors ?? [];
  return anchors.includes('start') && !sendsDifferences(experiment);
}
