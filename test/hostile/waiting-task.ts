/**
 * A task whose gradient takes time and no processor, as one that an accelerator computes: calm victims leave a machine of two
 * cores idle for most of a round, and what an attack costs them can be told from what it takes from a busy machine.
 */
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, crossEntropy, defineTask } from 'synod/task';

const GRADIENT_MS = 400;
const FEATURES = 16 * 16;
const CLASSES = 10;

function predict([weight, bias]: readonly tf.Tensor[], features: tf.Tensor): tf.Tensor {
  const rows = tf.reshape(features, [features.shape[0], FEATURES]);
  return tf.add(tf.matMul(rows, weight!), bias!);
}

export default defineTask({
  name: 'waiting',
  parameters: [
    { name: 'weight', shape: [FEATURES, CLASSES], init: { kind: 'he-normal', fanIn: FEATURES } },
    { name: 'bias', shape: [CLASSES], init: { kind: 'zeros' } },
  ],
  predict,
  loss: (parameters, { features, labels }) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, GRADIENT_MS);
    return crossEntropy(predict(parameters, features), labels);
  },
  metrics: (parameters, { features, labels }) => {
    const scores = predict(parameters, features);
    return { loss: crossEntropy(scores, labels), accuracy: accuracy(scores, labels) };
  },
});
