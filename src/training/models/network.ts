/** A classifier from layers: batch statistics in training, calibrated ones in evaluation where it normalises batches. */
import type * as tf from '@tensorflow/tfjs-core';
import { BatchStatistics } from '../operations/batch-norm.ts';
import type { Task } from '../task.ts';
import { classificationTask } from './classification.ts';
import type { Layer, LayerBuilder } from './layers.ts';

export interface NetworkOptions {
  readonly name: string;
  readonly builder: LayerBuilder;
  /** From features as they come to what the first layer takes. */
  readonly prepare: (features: tf.Tensor) => tf.Tensor;
  readonly layers: Layer;
  readonly l2?: number;
  readonly chunkSize?: number;
}

export function networkTask({ name, builder, prepare, layers, ...rest }: NetworkOptions): Task {
  const { parameters, normalizesBatches } = builder;
  return classificationTask({
    name,
    parameters,
    ...rest,
    forward: (tensors, features, statistics) =>
      layers({ parameters: tensors, statistics: BatchStatistics.of(statistics) }, prepare(features)),
    ...(normalizesBatches
      ? {
          calibrate: (tensors: readonly tf.Tensor[], features: tf.Tensor) => {
            const statistics = BatchStatistics.collecting();
            layers({ parameters: tensors, statistics }, prepare(features));
            return statistics.collected;
          },
        }
      : {}),
  });
}
