/** max(x, 0), whose gradient needs the result only. */
import * as tf from '@tensorflow/tfjs-core';
import { runFused } from './fused.ts';

export function relu(x: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    const value = tf.relu(input);
    save([value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const y = saved[0] as tf.Tensor;
      return runFused('ReluGrad', { dy, y }, {})?.[0] ?? tf.mul(dy, tf.step(y));
    };
    return { value, gradFunc };
  });
  return operation(x);
}
