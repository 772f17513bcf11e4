/**
 * Normalisation within an example: layer normalisation (Ba et al. 2016) over the last axis and group normalisation (Wu
 * and He 2018) over positions and a group of channels. Needs no statistics beyond the example.
 */
import * as tf from '@tensorflow/tfjs-core';
import { NORM_EPSILON } from './batch-norm.ts';
import { runFused } from './fused.ts';

/** x [..., width]; gamma and beta [width]. */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Tensor {
  const width = gamma.shape[0];
  const rows = tf.reshape<tf.Rank.R2>(x, [-1, width]);
  const operation = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as unknown as [
      tf.Tensor2D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const fused = runFused('LayerNorm', { x: input, gamma: scale, beta: shift }, { epsilon: NORM_EPSILON });
    const [value, normalized, rstd] = fused ?? composedForward(input, scale, shift);
    save([normalized as tf.Tensor, rstd as tf.Tensor, scale]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [xhat, inverse, weight] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      return (
        runFused('LayerNormGrad', { dy, normalized: xhat, rstd: inverse, gamma: weight }, {}) ??
        composedGradient(dy as tf.Tensor2D, xhat, inverse, weight)
      );
    };
    return { value: value as tf.Tensor, gradFunc };
  });
  return tf.reshape(operation(rows, gamma, beta), x.shape);
}

function composedForward(x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Tensor[] {
  const normalized = normalizeRows(x);
  return [tf.add(tf.mul(normalized.xhat, gamma), beta), normalized.xhat, normalized.rstd];
}

function composedGradient(
  dy: tf.Tensor2D,
  xhat: tf.Tensor2D,
  rstd: tf.Tensor2D,
  gamma: tf.Tensor1D,
): tf.Tensor[] {
  const dx = rowGradient(tf.mul(dy, gamma), xhat, rstd);
  return [dx, tf.sum(tf.mul(dy, xhat), 0), tf.sum(dy, 0)];
}

/** x [size, height, width, channels] in `groups` groups; gamma and beta [channels]. */
export function groupNorm(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D, groups: number): tf.Tensor {
  const [size, height, width, channels] = x.shape as [number, number, number, number];
  const split = [size, height * width, groups, channels / groups];
  const rows = tf.reshape<tf.Rank.R2>(tf.transpose(tf.reshape(x, split), [0, 2, 1, 3]), [size * groups, -1]);
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    const { xhat, rstd } = normalizeRows(input);
    save([xhat, rstd]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      rowGradient(dy, saved[0] as tf.Tensor2D, saved[1] as tf.Tensor2D);
    return { value: xhat, gradFunc };
  });
  const grouped = tf.reshape(operation(rows), [size, groups, height * width, channels / groups]);
  const normalized = tf.reshape(tf.transpose(grouped, [0, 2, 1, 3]), x.shape);
  return tf.add(tf.mul(normalized, gamma), beta);
}

function normalizeRows(x: tf.Tensor2D): { xhat: tf.Tensor2D; rstd: tf.Tensor2D } {
  const { mean, variance } = tf.moments(x, 1, true);
  const rstd = tf.rsqrt<tf.Tensor2D>(tf.add(variance, NORM_EPSILON));
  return { xhat: tf.mul<tf.Tensor2D>(tf.sub(x, mean), rstd), rstd };
}

/** r (g - mean(g) - xhat mean(g xhat)) within each row. */
function rowGradient(g: tf.Tensor, xhat: tf.Tensor2D, rstd: tf.Tensor2D): tf.Tensor {
  const mean = tf.mean(g, 1, true);
  const along = tf.mul(xhat, tf.mean(tf.mul(g, xhat), 1, true));
  return tf.mul(tf.sub(tf.sub(g, mean), along), rstd);
}
