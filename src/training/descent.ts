/**
 * A walk of local steps on the device: parameters and moments go up once, the inner optimizer's steps are operations of the
 * back end, and what they led to comes back once.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { InnerOptimizer, Walk } from '../estimation/walk.ts';

/** A loss and its gradient by every tensor of the parameters. */
export type Differentiated = { readonly value: tf.Scalar; readonly grads: tf.Tensor[] };

export class Descent {
  /** The parameters, cut to the model's shapes. */
  position: tf.Tensor[];
  /** Each cut as the parameters are. */
  moments: tf.Tensor[][];
  private readonly inner: InnerOptimizer;
  private readonly gradientClip: number | undefined;
  private steps: number;

  constructor(
    { inner, gradientClip, steps, position, moments }: Walk,
    cut: (flat: Float32Array) => tf.Tensor[],
  ) {
    this.inner = inner;
    this.gradientClip = gradientClip;
    this.steps = steps;
    this.position = cut(position);
    this.moments = moments.map(cut);
  }

  /** Takes a step; the gradient's tensors are the caller's still. */
  step(gradient: readonly tf.Tensor[]): void {
    this.steps += 1;
    const clip = tf.tidy(() => this.clipFactor(gradient));
    for (const [i, raw] of gradient.entries()) {
      const old = [this.position[i] as tf.Tensor, ...this.moments.map((moment) => moment[i] as tf.Tensor)];
      const next = tf.tidy(() => {
        const direction = clip === undefined ? raw : tf.mul(raw, clip);
        return this.inner.kind === 'sgd'
          ? sgdStep(this.inner, old, direction)
          : adamwStep(this.inner, old, direction, this.steps);
      });
      const [position, ...moments] = next;
      this.position[i] = position as tf.Tensor;
      for (const [k, moment] of moments.entries()) (this.moments[k] as tf.Tensor[])[i] = moment;
      tf.dispose(old);
    }
    clip?.dispose();
  }

  dispose(): void {
    tf.dispose([this.position, this.moments]);
  }

  /** min(1, level / ||gradient||) over all tensors; undefined where nothing is clipped. */
  private clipFactor(gradient: readonly tf.Tensor[]): tf.Scalar | undefined {
    if (this.gradientClip === undefined) return undefined;
    const squares = gradient.map((part) => tf.sum(tf.square(part)));
    const norm = tf.sqrt(tf.addN(squares));
    return tf.minimum(1, tf.div(this.gradientClip, tf.maximum(norm, LEAST_NORM)));
  }
}

/** Keeps the quotient finite where the gradient is zero; the factor is 1 there all the same. */
const LEAST_NORM = 1e-30;

function sgdStep(
  { learningRate, momentum }: Extract<InnerOptimizer, { kind: 'sgd' }>,
  [x, velocity]: readonly tf.Tensor[],
  gradient: tf.Tensor,
): tf.Tensor[] {
  const direction = velocity === undefined ? gradient : tf.add(tf.mul(velocity, momentum), gradient);
  const next = tf.sub(x as tf.Tensor, tf.mul(direction, learningRate));
  return velocity === undefined ? [next] : [next, direction];
}

function adamwStep(
  inner: Extract<InnerOptimizer, { kind: 'adamw' }>,
  [x, m, v]: readonly tf.Tensor[],
  gradient: tf.Tensor,
  t: number,
): tf.Tensor[] {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = inner;
  const first = tf.add(tf.mul(m as tf.Tensor, beta1), tf.mul(gradient, 1 - beta1));
  const second = tf.add(tf.mul(v as tf.Tensor, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const scale = tf.add(tf.sqrt(tf.div(second, 1 - beta2 ** t)), epsilon);
  const direction = tf.div(tf.div(first, 1 - beta1 ** t), scale);
  const decayed = tf.mul(x as tf.Tensor, 1 - learningRate * weightDecay);
  return [tf.sub(decayed, tf.mul(direction, learningRate)), first, second];
}
