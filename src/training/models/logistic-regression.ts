/**
 * Logistic regression. The binary form is that of the a9a experiments of arXiv 2311.14127: one weight an attribute, no
 * bias unless asked for, mean cross-entropy on labels {0, 1} plus (l2 / 2) ||w||^2, convex with modulus l2. The softmax
 * form has one score a class. Both begin at zero.
 */
import * as tf from '@tensorflow/tfjs-core';
import { invalidField } from '../../foundation/operator-error.ts';
import { extentOf } from '../memory-dataset.ts';
import type { DataShape, Task, TensorBatch } from '../task.ts';
import { classificationTask, weightPenalty } from './classification.ts';

export interface LogisticRegressionOptions {
  readonly form: 'binary' | 'softmax';
  readonly l2?: number;
  readonly bias?: boolean;
}

export function createLogisticRegression(options: LogisticRegressionOptions, data: DataShape): Task {
  return options.form === 'binary' ? createBinary(options, data) : createSoftmax(options, data);
}

function createBinary({ l2 = 0, bias = false }: LogisticRegressionOptions, data: DataShape): Task {
  if (data.classes !== 2)
    throw invalidField('the data of binary logistic regression', 'have 2 classes', data.classes);
  const inputs = extentOf(data.featureShape);
  const scoresOf = (parameters: readonly tf.Tensor[], features: tf.Tensor): tf.Tensor1D => {
    const weight = tf.reshape(parameters[0] as tf.Tensor, [inputs, 1]);
    const product = tf.matMul(tf.reshape<tf.Rank.R2>(features, [-1, inputs]), weight);
    const scores = tf.reshape<tf.Rank.R1>(product, [-1]);
    return bias ? tf.add(scores, parameters[1] as tf.Tensor) : scores;
  };
  const lossOf = (parameters: readonly tf.Tensor[], scores: tf.Tensor1D, batch: TensorBatch): tf.Scalar => {
    const data = binaryCrossEntropy(scores, tf.cast(tf.reshape<tf.Rank.R1>(batch.labels, [-1]), 'float32'));
    const penalty = weightPenalty(parameters.slice(0, 1), l2);
    return penalty === undefined ? data : tf.add(data, penalty);
  };
  return {
    name: `logistic-regression-${inputs}`,
    parameters: [
      { name: 'weight', shape: [inputs], init: { kind: 'zeros' } },
      ...(bias ? [{ name: 'bias', shape: [1], init: { kind: 'zeros' } } as const] : []),
    ],
    chunkSize: 4096,
    loss: (parameters, batch) => lossOf(parameters, scoresOf(parameters, batch.features), batch),
    predict: (parameters, features) => {
      const scores = scoresOf(parameters, features);
      return tf.stack([tf.zerosLike(scores), scores], 1);
    },
    metrics: (parameters, batch) => {
      const scores = scoresOf(parameters, batch.features);
      const right = tf.equal(tf.cast(tf.greater(scores, 0), 'int32'), tf.reshape(batch.labels, [-1]));
      return { loss: lossOf(parameters, scores, batch), accuracy: tf.mean(tf.cast(right, 'float32')) };
    },
  };
}

/** mean of log(1 + e^z) - y z, without overflow; its gradient is (sigmoid(z) - y) / n. */
function binaryCrossEntropy(scores: tf.Tensor1D, targets: tf.Tensor1D): tf.Scalar {
  const operation = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor1D, tf.GradSaveFunc];
    save([tf.div(tf.sub(tf.sigmoid(z), targets), z.size)]);
    const magnitude = tf.log1p(tf.exp(tf.neg(tf.abs(z))));
    const value = tf.mean(tf.sub(tf.add(tf.relu(z), magnitude), tf.mul(targets, z)));
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0] as tf.Tensor) };
  });
  return operation(scores) as tf.Scalar;
}

function createSoftmax({ l2 = 0, bias = true }: LogisticRegressionOptions, data: DataShape): Task {
  const inputs = extentOf(data.featureShape);
  return classificationTask({
    name: `softmax-regression-${inputs}-${data.classes}`,
    parameters: [
      { name: 'weight', shape: [inputs, data.classes], init: { kind: 'zeros' } },
      ...(bias ? [{ name: 'bias', shape: [data.classes], init: { kind: 'zeros' } } as const] : []),
    ],
    l2,
    forward: ([weight, shift], features) => {
      const scores = tf.matMul(tf.reshape<tf.Rank.R2>(features, [-1, inputs]), weight as tf.Tensor2D);
      return shift === undefined ? scores : tf.add(scores, shift);
    },
  });
}
