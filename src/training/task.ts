/**
 * What is trained: parameters, a loss and metrics, in TF.js operations. Built-in models and users' own `task.ts`
 * modules have the same shape. Parameters travel as one flat Float32Array; the order of the specs and their shapes fix
 * the offsets, so every peer cuts it in the same places.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from './dataset.ts';

export type Initializer =
  /** uniform in +-sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010) */
  | { readonly kind: 'glorot-uniform'; readonly fanIn: number; readonly fanOut: number }
  /** normal with deviation sqrt(2 / fanIn) (He et al. 2015) */
  | { readonly kind: 'he-normal'; readonly fanIn: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  /** the numbers themselves, row-major (a model read from disk) */
  | { readonly kind: 'values'; readonly values: Float32Array };

export interface ParameterSpec {
  /** Unique within the task; the tensor's name in a checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
}

/** A batch as tensors: features [size, ...featureShape], labels int32 [size, ...labelShape]. */
export interface TensorBatch {
  readonly features: tf.Tensor;
  readonly labels: tf.Tensor;
  readonly size: number;
}

/** What a model must know of its data before it has parameters. */
export type DataShape = Pick<Dataset, 'featureShape' | 'featureType' | 'labelShape' | 'classes'>;

export interface Task {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
  /**
   * The mean loss over the batch plus any regularisation that the task states: a scalar, differentiable in every
   * parameter. No variables, no state, no randomness: called with the same input it gives the same number.
   */
  loss(parameters: readonly tf.Tensor[], batch: TensorBatch): tf.Scalar;
  /** Scores [size, classes], or [size, positions, classes] for text; `statistics` as `calibrate` returned them. */
  predict(
    parameters: readonly tf.Tensor[],
    features: tf.Tensor,
    statistics?: readonly tf.Tensor[],
  ): tf.Tensor;
  /** Means over the batch, by name; `loss` is what evaluation reports as loss, `accuracy` as accuracy. */
  metrics(
    parameters: readonly tf.Tensor[],
    batch: TensorBatch,
    statistics?: readonly tf.Tensor[],
  ): Readonly<Record<string, tf.Scalar>>;
  /**
   * Only for models with batch normalisation: the normalisers' means and variances on a calibration batch. They are
   * never part of the state that peers agree on; whoever evaluates derives them from the parameters.
   */
  calibrate?(parameters: readonly tf.Tensor[], features: tf.Tensor): readonly tf.Tensor[];
  /** Examples a pass may hold at once; larger requests are cut and averaged. 512 unless stated. */
  readonly chunkSize?: number;
  /** The task's own data, where no built-in data set is named. */
  readonly data?: TaskData;
}

export interface TaskData {
  open(split: 'train' | 'test'): Dataset | Promise<Dataset>;
}

/** What a user's module hands to `defineTask`: `predict` and `name` may be left out. */
export type TaskDefinition = Omit<Task, 'name' | 'predict'> & Partial<Pick<Task, 'name' | 'predict'>>;

/** The one call of a user's `task.ts`: `export default defineTask({ parameters, loss, metrics, data })`. */
export function defineTask(definition: TaskDefinition): Task {
  return {
    name: 'task',
    predict: () => {
      throw new Error('this task defines no predict');
    },
    ...definition,
  };
}

/** The most numbers of a model. */
export const MAX_PARAMETERS = 2 ** 30;

/** Where each parameter lies in the flat vector. */
export interface ParameterLayout {
  readonly total: number;
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
}

export function layoutOf(parameters: readonly Pick<ParameterSpec, 'shape'>[]): ParameterLayout {
  const sizes = parameters.map(({ shape }) => shape.reduce((product, extent) => product * extent, 1));
  let total = 0;
  const offsets = sizes.map((size) => {
    const offset = total;
    total += size;
    return offset;
  });
  return { total, offsets, sizes };
}
