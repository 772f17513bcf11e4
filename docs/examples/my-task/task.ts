/** A task of one's own: which arm of a spiral does a point lie on? Change the CSV, the layers or the loss. */
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, crossEntropy, defineTask, storedData } from 'synod/task';

const INPUTS = 2; // columns of points.csv without the label
const HIDDEN = 32;
const CLASSES = 3; // distinct labels

/** Scores [size, CLASSES] of a batch of points [size, INPUTS]. */
function predict([w1, b1, w2, b2, w3, b3]: readonly tf.Tensor[], points: tf.Tensor): tf.Tensor {
  const first = tf.relu(tf.add(tf.matMul(points, w1!), b1!));
  const second = tf.relu(tf.add(tf.matMul(first, w2!), b2!));
  return tf.add(tf.matMul(second, w3!), b3!);
}

export default defineTask({
  name: 'spiral',
  // in the order in which `predict` takes them; the names are those of the tensors in a checkpoint
  parameters: [
    { name: 'first.weight', shape: [INPUTS, HIDDEN], init: { kind: 'he-normal', fanIn: INPUTS } },
    { name: 'first.bias', shape: [HIDDEN], init: { kind: 'zeros' } },
    { name: 'second.weight', shape: [HIDDEN, HIDDEN], init: { kind: 'he-normal', fanIn: HIDDEN } },
    { name: 'second.bias', shape: [HIDDEN], init: { kind: 'zeros' } },
    { name: 'third.weight', shape: [HIDDEN, CLASSES], init: { kind: 'he-normal', fanIn: HIDDEN } },
    { name: 'third.bias', shape: [CLASSES], init: { kind: 'zeros' } },
  ],
  predict,
  loss: (parameters, { features, labels }) => crossEntropy(predict(parameters, features), labels),
  metrics: (parameters, { features, labels }) => {
    const scores = predict(parameters, features);
    return { loss: crossEntropy(scores, labels), accuracy: accuracy(scores, labels) };
  },
  data: storedData({
    name: 'csv',
    dir: import.meta.dirname,
    file: 'points.csv',
    label: 'arm',
    testShare: 0.2,
  }),
});
