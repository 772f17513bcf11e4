/**
 * Batch normalisation (Ioffe and Szegedy 2015) without running averages. In training a batch is normalised by its own
 * statistics, so a loss is a pure function of parameters and batch and nothing but parameters travels between peers.
 * For evaluation the statistics are derived from the parameters and a calibration batch (`Task.calibrate`): running
 * averages would be a second, unverified state, which Byzantine peers could poison and which robust rules do not guard.
 */
import * as tf from '@tensorflow/tfjs-core';
import { present } from '../../foundation/assert.ts';
import { runFused } from './fused.ts';

export const NORM_EPSILON = 1e-5;

/** Where the normalisers of one pass get their means and variances: each takes the next pair. */
export class BatchStatistics {
  /** [mean, variance] of every normaliser so far, in the order of the pass. */
  readonly collected: tf.Tensor[] = [];
  private readonly fixed: readonly tf.Tensor[] | undefined;
  private readonly collecting: boolean;
  private place = 0;

  private constructor(fixed: readonly tf.Tensor[] | undefined, collecting: boolean) {
    this.fixed = fixed;
    this.collecting = collecting;
  }

  /** From the batch itself; or the given ones where there are any. */
  static of(fixed: readonly tf.Tensor[] | undefined): BatchStatistics {
    return new BatchStatistics(fixed, false);
  }

  /** From the batch itself, kept in `collected`. */
  static collecting(): BatchStatistics {
    return new BatchStatistics(undefined, true);
  }

  /** Normalises over all axes but the last: gamma (x - mean) / sqrt(variance + epsilon) + beta. */
  normalize(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Tensor {
    if (this.fixed !== undefined) {
      const mean = present(this.fixed[this.place++], 'a mean');
      const variance = present(this.fixed[this.place++], 'a variance');
      const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, NORM_EPSILON)));
      return tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
    }
    if (this.collecting) {
      const { mean, variance } = tf.moments(rowsOf(x), 0);
      this.collected.push(mean, variance);
    }
    return batchNorm(x, gamma, beta);
  }
}

function rowsOf(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(x, [-1, x.shape[x.shape.length - 1] as number]);
}

/** dx = gamma r (dy - mean(dy) - xhat mean(dy xhat)), dgamma = sum dy xhat, dbeta = sum dy; r = 1 / deviation. */
function batchNorm(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as unknown as [
      tf.Tensor,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const fused = runFused('BatchNorm', { x: input, gamma: scale, beta: shift }, { epsilon: NORM_EPSILON });
    const [value, centre, inverse] = fused ?? composedForward(input, scale, shift);
    save([input, scale, centre as tf.Tensor, inverse as tf.Tensor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [sx, sGamma, mean, rstd] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return (
        runFused('BatchNormGrad', { dy, x: sx, gamma: sGamma, mean, rstd }, {}) ??
        composedGradient(dy, sx, sGamma, mean, rstd)
      );
    };
    return { value: value as tf.Tensor, gradFunc };
  });
  return operation(x, gamma, beta);
}

function composedForward(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Tensor[] {
  const { mean, variance } = tf.moments(rowsOf(x), 0);
  const rstd = tf.rsqrt(tf.add(variance, NORM_EPSILON));
  const scale = tf.mul(gamma, rstd);
  return [tf.add(tf.mul(tf.sub(x, mean), scale), beta), mean, rstd];
}

function composedGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  gamma: tf.Tensor,
  mean: tf.Tensor,
  rstd: tf.Tensor,
): tf.Tensor[] {
  const rows = rowsOf(dy);
  const normalized = tf.mul(tf.sub(rowsOf(x), mean), rstd);
  const count = rows.shape[0];
  const dBeta = tf.sum(rows, 0);
  const dGamma = tf.sum(tf.mul(rows, normalized), 0);
  const centred = tf.sub(tf.sub(rows, tf.div(dBeta, count)), tf.mul(normalized, tf.div(dGamma, count)));
  const dx = tf.reshape(tf.mul(centred, tf.mul(gamma, rstd)), x.shape);
  return [dx, dGamma, dBeta];
}
