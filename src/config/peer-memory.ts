/**
 * What the vectors and bodies of a peer take in memory, reckoned from the experiment (docs/performance.md, "Memory"). Beside
 * it a peer has its process and what its training back end keeps: parameters, gradient and activations.
 */
import type { EstimatorSpec } from '../estimation/estimator-spec.ts';
import { momentCount } from '../estimation/walk.ts';
import type { Experiment } from './experiment.ts';

/** The agreed state, and the one before it for a step back. */
const STATES = 2;
/** The own contribution, encoded and bound to its worker. */
const OWN_CONTRIBUTIONS = 2;

/** Bytes are those of the longest body of each kind. */
export interface BodySizes {
  readonly parameters: number;
  readonly contributionBytes: number;
  readonly updateBytes: number;
  /** What peers agree on and newcomers fetch: the parameters, and what the estimator shares. */
  readonly stateBytes: number;
  /** What a member of the committee receives in a round: a contribution of each worker of the cohort. */
  readonly memberReceivesBytes: number;
}

/** Bytes at the most: of a peer that trains, and serves on a committee that has everyone's contribution. */
export function peerMemoryBytes({ estimator, compression }: Experiment, size: BodySizes): number {
  const errors = compression.feedback.kind === 'none' ? 0 : 1;
  const vectors = vectorsInTurn(estimator) + rememberedVectors(estimator) + errors;
  return (
    4 * size.parameters * vectors +
    STATES * size.stateBytes +
    OWN_CONTRIBUTIONS * size.contributionBytes +
    size.memberReceivesBytes +
    size.updateBytes
  );
}

/** The gradient, then the aggregate, whose place the next parameters take; more where an estimator combines several. */
function vectorsInTurn(estimator: EstimatorSpec): number {
  switch (estimator.kind) {
    case 'sgd':
    case 'momentum':
    case 'local-steps':
      return 1;
    case 'mu2-sgd': // the update, the iterate and the query point after it
    case 'vr-marina-pp': // two gradients and their difference; the update, the direction and the parameters after it
      return 3;
  }
}

/** Vectors that a worker keeps from round to round, or from step to step of one. */
function rememberedVectors(estimator: EstimatorSpec): number {
  switch (estimator.kind) {
    case 'sgd':
    case 'vr-marina-pp':
      return 0;
    case 'momentum':
      return 1;
    case 'mu2-sgd':
      return 2; // the estimate, and the query point before
    case 'local-steps':
      return 1 + momentCount(estimator.inner); // and the parameters that it walks
  }
}
