/**
 * How large what an experiment sends and keeps is, reckoned from the shapes of its model's parameters: nothing as long
 * as the model is made for it, so that what cannot work is refused before it takes memory.
 */
import { createCompressor } from '../compression/create-compressor.ts';
import type { TensorShape } from '../compression/compressor.ts';
import { agreedStateBytes } from '../estimation/agreed-state.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { BINDING_BYTES } from '../protocol/round/body-binding.ts';
import { layoutOf, MAX_PARAMETERS } from '../training/task.ts';
import type { TaskSpec } from '../training/task-spec.ts';
import { agreedEstimator, sendsDifferences } from './agreed-estimator.ts';
import type { Experiment } from './experiment.ts';
import { peerMemoryBytes, type BodySizes } from './peer-memory.ts';

/** A state is encoded in one buffer, and Node.js 20 makes none longer; the network carries a body of that length. */
export const MAX_STATE_BYTES = 2 ** 32;

export interface ExperimentSize extends BodySizes {
  /** `peerMemoryBytes`. */
  readonly memoryBytes: number;
}

/**
 * Throws an OperatorError where the model has more than 2^30 parameters, a contribution or an update would be above
 * `maxBodyBytes`, which the network carries at most, or a state above what fits one buffer.
 */
export function experimentSize(
  experiment: Experiment,
  tensors: readonly TensorShape[],
  maxBodyBytes: number,
): ExperimentSize {
  const { model, compression } = experiment;
  const { total: parameters } = layoutOf(tensors);
  if (parameters > MAX_PARAMETERS) {
    const rule = `make at most 2^30 = ${grouped(MAX_PARAMETERS)} parameters`;
    throw invalidField(
      fieldOf(model),
      rule,
      parameters,
      `, ${largestOf(tensors)}: is a narrower model meant?`,
    );
  }
  const bytesOf = (spec: typeof compression.update): number =>
    createCompressor(spec, parameters, tensors).maxBytes;
  const whole = sendsDifferences(experiment) ? bytesOf({ kind: 'float32' }) : 0;
  const compressed = bytesOf(compression.contribution);
  const contributionBytes = Math.max(whole, compressed) + BINDING_BYTES;
  const size = {
    parameters,
    contributionBytes,
    updateBytes: bytesOf(compression.update),
    stateBytes: stateBytesOf(experiment, parameters),
    memberReceivesBytes: mostWorkers(experiment) * contributionBytes,
  };
  const refuseAbove = (most: number, bytes: number, field: string, what: string, meant: string): void => {
    if (bytes <= most) return;
    throw new OperatorError(
      `${field} must make ${what} of at most ${grouped(most)} bytes, got ${grouped(bytes)} for ` +
        `${grouped(parameters)} parameters: is ${meant} meant?`,
    );
  };
  const shorter = 'a shorter format, such as int8 or top-k, or a smaller model';
  if (whole > compressed) {
    const fewer = 'an estimator that sends no differences, or a smaller model';
    refuseAbove(maxBodyBytes, contributionBytes, 'estimator', 'uncompressed contributions', fewer);
  }
  refuseAbove(maxBodyBytes, contributionBytes, 'compression.contribution', 'contributions', shorter);
  refuseAbove(maxBodyBytes, size.updateBytes, 'compression.update', 'updates', shorter);
  const fewer = 'a smaller model, or an estimator or optimizer that shares fewer vectors,';
  refuseAbove(MAX_STATE_BYTES, size.stateBytes, fieldOf(model), 'a state', fewer);
  return { ...size, memoryBytes: peerMemoryBytes(experiment, size) };
}

/** Linear in the number of parameters, so two tiny states tell it. */
function stateBytesOf(experiment: Experiment, parameters: number): number {
  const estimator = agreedEstimator(experiment);
  const [one = 0, two = 0] = [1, 2].map((d) => agreedStateBytes(estimator.initialState(new Float32Array(d))));
  return one + (parameters - 1) * (two - one);
}

/** Workers of the round that asks for most. */
function mostWorkers({ estimator, cohort, roster }: Experiment): number {
  if (estimator.kind !== 'vr-marina-pp') return cohort.size;
  const full = estimator.fullCohort === 'all' ? roster.length : Math.min(estimator.fullCohort, roster.length);
  return Math.max(cohort.size, full);
}

/** The field that decides how large the model is. */
function fieldOf(model: TaskSpec): string {
  switch (model.kind) {
    case 'mlp':
      return 'model.hidden';
    case 'resnet-18':
    case 'transformer':
      return 'model.width';
    case 'task-module':
    case 'layers-model':
      return `the model ${model.path}`;
    default:
      return `the data of ${model.kind}`;
  }
}

function largestOf(tensors: readonly TensorShape[]): string {
  const { sizes } = layoutOf(tensors);
  const most = Math.max(...sizes);
  const { name, shape } = tensors[sizes.indexOf(most)] as TensorShape;
  return `${grouped(most)} of them in ${name} [${shape.join(', ')}]`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
