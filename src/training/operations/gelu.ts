/** The Gaussian error linear unit in GPT-2's form: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
import * as tf from '@tensorflow/tfjs-core';
import { runFused } from './fused.ts';

const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

export function gelu(x: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([input]);
    const value = runFused('Gelu', { x: input }, {})?.[0] ?? composedForward(input);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      runFused('GeluGrad', { dy, x: saved[0] as tf.Tensor }, {})?.[0] ??
      composedGradient(dy, saved[0] as tf.Tensor);
    return { value, gradFunc };
  });
  return operation(x);
}

function composedForward(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(innerTanh(x), 1));
}

function composedGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const t = innerTanh(x);
  const slope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * CUBIC), 1), SCALE);
  const outer = tf.mul(tf.mul(tf.mul(x, 0.5), tf.sub(1, tf.square(t))), slope);
  return tf.mul(dy, tf.add(tf.mul(tf.add(t, 1), 0.5), outer));
}

function innerTanh(x: tf.Tensor): tf.Tensor {
  return tf.tanh(tf.mul(tf.mul(x, SCALE), tf.add(tf.mul(tf.square(x), CUBIC), 1)));
}
