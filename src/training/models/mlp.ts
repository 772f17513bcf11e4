/** A fully connected network with ReLU between its layers; the features are flattened. */
import * as tf from '@tensorflow/tfjs-core';
import { extentOf } from '../memory-dataset.ts';
import type { DataShape, Task } from '../task.ts';
import { LayerBuilder, relu, sequence } from './layers.ts';
import { networkTask } from './network.ts';

export interface MlpOptions {
  /** Widths of the hidden layers, from the input on. */
  readonly hidden: readonly number[];
  /** Adds (l2 / 2) ||parameters||^2 to the loss. */
  readonly l2?: number;
}

export function createMlp({ hidden, l2 = 0 }: MlpOptions, data: DataShape): Task {
  const inputs = extentOf(data.featureShape);
  const widths = [inputs, ...hidden, data.classes];
  const builder = new LayerBuilder();
  const layers = widths.slice(1).map((to, i) => {
    const from = widths[i] as number;
    if (i < hidden.length) return sequence(builder.dense(`layer${i}`, from, to), relu);
    return builder.dense(`layer${i}`, from, to, { kind: 'glorot-uniform', fanIn: from, fanOut: to });
  });
  return networkTask({
    name: `mlp-${widths.join('-')}`,
    builder,
    prepare: (features) => tf.reshape(features, [-1, inputs]),
    layers: sequence(...layers),
    l2,
  });
}
