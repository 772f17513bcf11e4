/** Rows of a table by number; the gradient adds up the rows that were taken more than once. */
import * as tf from '@tensorflow/tfjs-core';
import { runFused } from './fused.ts';

/** table [rows, width], numbers int32 [...]; gives [..., width]. */
export function embedding(table: tf.Tensor2D, numbers: tf.Tensor): tf.Tensor {
  const [rows, width] = table.shape;
  const flat = tf.reshape<tf.Rank.R1>(numbers, [-1]);
  const operation = tf.customGrad((...args) => {
    const [input] = args as unknown as [tf.Tensor2D];
    const gradFunc = (dy: tf.Tensor): tf.Tensor =>
      runFused('SegmentSum', { x: dy, numbers: flat }, { segments: rows })?.[0] ??
      tf.unsortedSegmentSum(dy, flat, rows);
    return { value: tf.gather(input, flat), gradFunc };
  });
  return tf.reshape(operation(table), [...numbers.shape, width]);
}
