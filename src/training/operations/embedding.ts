/** Rows of a table by number; the gradient adds up the rows that were taken more than once. */
import * as tf from '@tensorflow/tfjs-core';
import { runFused } from './fused.ts';

/** table [rows, width], numbers int32 [...]; gives [..., width]. */
export function embedding(table: tf.Tensor2D, numbers: tf.Tensor): tf.Tensor {
  const [rows, width] = table.shape;
  const flat = tf.reshape<tf.Rank.R1>(numbers, [-1]);
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    save([flat]); // else it is gone by the time that the gradient is asked for
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const taken = saved[0] as tf.Tensor1D;
      const fused = runFused('SegmentSum', { x: dy, numbers: taken }, { segments: rows });
      return fused?.[0] ?? tf.unsortedSegmentSum(dy, taken, rows);
    };
    return { value: tf.gather(input, flat), gradFunc };
  });
  return tf.reshape(operation(table), [...numbers.shape, width]);
}
