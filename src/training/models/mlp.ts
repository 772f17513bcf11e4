/** A fully connected network with ReLU between its layers; the features are flattened. */
import * as tf from '@tensorflow/tfjs-core';
import { extentOf } from '../memory-dataset.ts';
import type { DataShape, ParameterSpec, Task } from '../task.ts';
import { classificationTask } from './classification.ts';

export interface MlpOptions {
  /** Widths of the hidden layers, from the input on. */
  readonly hidden: readonly number[];
  /** Adds (l2 / 2) ||parameters||^2 to the loss. */
  readonly l2?: number;
}

export function createMlp({ hidden, l2 = 0 }: MlpOptions, data: DataShape): Task {
  const inputs = extentOf(data.featureShape);
  const widths = [inputs, ...hidden, data.classes];
  const parameters = widths.slice(1).flatMap((width, i): ParameterSpec[] => {
    const fanIn = widths[i] as number;
    return [
      {
        name: `layer${i}.weight`,
        shape: [fanIn, width],
        init:
          i < hidden.length ? { kind: 'he-normal', fanIn } : { kind: 'glorot-uniform', fanIn, fanOut: width },
      },
      { name: `layer${i}.bias`, shape: [width], init: { kind: 'zeros' } },
    ];
  });
  return classificationTask({
    name: `mlp-${widths.join('-')}`,
    parameters,
    l2,
    forward: (tensors, features) => {
      let x = tf.reshape<tf.Rank.R2>(features, [-1, inputs]);
      for (let i = 0; i <= hidden.length; i++) {
        const weight = tensors[2 * i] as tf.Tensor2D;
        const bias = tensors[2 * i + 1] as tf.Tensor1D;
        const sum = tf.add<tf.Tensor2D>(tf.matMul(x, weight), bias);
        x = i < hidden.length ? tf.relu(sum) : sum;
      }
      return x;
    },
  });
}
