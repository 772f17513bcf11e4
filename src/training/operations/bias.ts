/** x + bias over the last axis. The bias's gradient is a sum over all other axes, which wants a kernel of its own. */
import * as tf from '@tensorflow/tfjs-core';
import { runFused } from './fused.ts';

/** x [..., width], bias [width]. */
export function addBias(x: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const width = bias.shape[0];
  const operation = tf.customGrad((...args) => {
    const [input, shift] = args as unknown as [tf.Tensor, tf.Tensor];
    const value = runFused('AddBias', { x: input, bias: shift }, {})?.[0] ?? tf.add(input, shift);
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => [dy, sumRows(dy, width)];
    return { value, gradFunc };
  });
  return operation(x, bias);
}

function sumRows(x: tf.Tensor, width: number): tf.Tensor {
  return runFused('SumRows', { x }, {})?.[0] ?? tf.sum(tf.reshape(x, [-1, width]), 0);
}
