/** A walk of local steps taken gradient by gradient, for whoever has no device that takes it whole. */
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import type { GradientOracle, Sample } from './estimator.ts';
import { clipToNorm } from './vector-math.ts';
import type { InnerOptimizer, Walk } from './walk.ts';

/** One step for each sample; writes to the walk after each. */
export async function takeWalk(
  walk: Walk,
  samples: readonly Sample[],
  oracle: Pick<GradientOracle, 'gradient'>,
  kernels?: VectorKernels,
  signal?: AbortSignal,
): Promise<void> {
  for (const sample of samples) {
    signal?.throwIfAborted();
    const gradient = await oracle.gradient(walk.position, sample);
    if (walk.gradientClip !== undefined) clipToNorm(gradient, walk.gradientClip);
    walk.steps += 1;
    takeStep(walk, gradient, kernels);
    kernels?.spare.give(gradient);
  }
}

/** The step that `steps` counts last, in place. */
function takeStep(
  { inner, position: x, moments, steps: t }: Walk,
  gradient: Float32Array,
  kernels?: VectorKernels,
): void {
  if (inner.kind === 'sgd') sgdStep(inner, x, moments[0], gradient, kernels);
  else adamwStep(inner, x, moments as readonly [Float32Array, Float32Array], t, gradient, kernels);
}

function sgdStep(
  { learningRate: rate, momentum }: Extract<InnerOptimizer, { kind: 'sgd' }>,
  x: Float32Array,
  velocity: Float32Array | undefined,
  direction: Float32Array,
  kernels?: VectorKernels,
): void {
  const next = { parameters: x, velocity, remainder: undefined };
  const step = { ...next, direction, rate, momentum, nesterov: false, weightDecay: 0, next };
  if (kernels?.step(step) === true) return;
  for (let i = 0; i < x.length; i++) {
    let along = direction[i] as number;
    if (velocity !== undefined) {
      velocity[i] = momentum * (velocity[i] as number) + along;
      along = velocity[i] as number;
    }
    x[i] = (x[i] as number) - rate * along;
  }
}

function adamwStep(
  inner: Extract<InnerOptimizer, { kind: 'adamw' }>,
  x: Float32Array,
  [m, v]: readonly [Float32Array, Float32Array],
  t: number,
  gradient: Float32Array,
  kernels?: VectorKernels,
): void {
  const { learningRate: rate, beta1, beta2, epsilon, weightDecay } = inner;
  const corrections = [1 - beta1 ** t, 1 - beta2 ** t] as const;
  const left = 1 - rate * weightDecay;
  const step = {
    parameters: x,
    gradient,
    first: m,
    second: v,
    corrections,
    left,
    rate,
    beta1,
    beta2,
    epsilon,
  };
  if (kernels?.adamw(step) === true) return;
  for (let i = 0; i < x.length; i++) {
    const g = gradient[i] as number;
    m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
    v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
    const scale = Math.sqrt((v[i] as number) / corrections[1]) + epsilon;
    x[i] = (x[i] as number) * left - rate * ((m[i] as number) / corrections[0] / scale);
  }
}
