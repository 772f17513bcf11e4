/** Softmax cross-entropy and accuracy: what every built-in classifier and language model shares. */
import * as tf from '@tensorflow/tfjs-core';
import type { Task, TensorBatch } from '../task.ts';

/**
 * Mean over all positions of -log softmax(logits)[label]; logits [..., classes], labels int32 [...]. Its gradient is
 * written out, (softmax - one-hot) / positions: the recorded one would also pass through the row maximum.
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const classes = logits.shape[logits.shape.length - 1] as number;
  const rows = tf.reshape<tf.Rank.R2>(logits, [-1, classes]);
  const positions = rows.shape[0];
  // the wasm back end writes whole-number bits where it is asked for a float32 one-hot: cast an int32 one
  const target = tf.cast(tf.oneHot(tf.reshape(labels, [positions]), classes), 'float32');
  const operation = tf.customGrad((x, save) => {
    const input = x as tf.Tensor2D;
    const shifted = tf.sub(input, tf.max(input, 1, true));
    const exponentials = tf.exp(shifted);
    const sums = tf.sum(exponentials, 1, true);
    (save as tf.GradSaveFunc)([tf.sub(tf.div(exponentials, sums), target)]);
    const value = tf.mean(tf.sub(tf.log(tf.reshape(sums, [positions])), tf.sum(tf.mul(shifted, target), 1)));
    return {
      value,
      gradFunc: (upstream: tf.Tensor, saved: tf.Tensor[]) =>
        tf.mul(saved[0] as tf.Tensor, tf.div(upstream, positions)),
    };
  });
  return operation(rows) as tf.Scalar;
}

/** Share of positions whose highest score is the label's. */
export function accuracy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const classes = logits.shape[logits.shape.length - 1] as number;
  const rows = tf.reshape(logits, [-1, classes]);
  return tf.mean(tf.cast(tf.equal(tf.argMax(rows, 1), tf.reshape(labels, [-1])), 'float32'));
}

/** (l2 / 2) times the sum of squares of the parameters; undefined for l2 = 0. */
export function weightPenalty(parameters: readonly tf.Tensor[], l2: number): tf.Scalar | undefined {
  if (l2 === 0) return undefined;
  return tf.mul(tf.addN(parameters.map((parameter) => tf.sum(tf.square(parameter)))), l2 / 2);
}

type Forward = (
  parameters: readonly tf.Tensor[],
  features: tf.Tensor,
  statistics?: readonly tf.Tensor[],
) => tf.Tensor;

/** A task from a forward pass that gives class scores. */
export function classificationTask(
  definition: Pick<Task, 'name' | 'parameters'> &
    Pick<Task, 'calibrate' | 'chunkSize'> & { readonly forward: Forward; readonly l2?: number },
): Task {
  const { forward, l2 = 0, ...rest } = definition;
  const lossOf = (parameters: readonly tf.Tensor[], batch: TensorBatch, logits: tf.Tensor): tf.Scalar => {
    const dataLoss = crossEntropy(logits, batch.labels);
    const penalty = weightPenalty(parameters, l2);
    return penalty === undefined ? dataLoss : tf.add(dataLoss, penalty);
  };
  return {
    ...rest,
    loss: (parameters, batch) => lossOf(parameters, batch, forward(parameters, batch.features)),
    predict: forward,
    metrics: (parameters, batch, statistics) => {
      const logits = forward(parameters, batch.features, statistics);
      return { loss: lossOf(parameters, batch, logits), accuracy: accuracy(logits, batch.labels) };
    },
  };
}
