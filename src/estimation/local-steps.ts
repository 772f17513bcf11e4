/**
 * Local steps (DiLoCo, Douillard et al., arXiv 2311.08105; FedOpt, Reddi et al. 2021): a worker takes `steps` steps of
 * its inner optimizer from the agreed parameters and sends x - x_local; the agreed outer optimizer (DiLoCo: rate 0.7,
 * Nesterov momentum 0.9) treats the aggregate as a gradient. The inner optimizer's moments stay with the worker.
 */
import type { Memory } from '../compression/compressor.ts';
import type { Estimator } from './estimator.ts';
import { GRADIENT_PLAN, gradientSteps } from './gradient-estimators.ts';
import type { OptimizerSpec } from './outer-optimizer.ts';
import { addScaled, clipToNorm } from './vector-math.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';

export type InnerOptimizer =
  | { readonly kind: 'sgd'; readonly learningRate: number; readonly momentum: number }
  | {
      readonly kind: 'adamw';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };

export interface LocalStepsSpec {
  readonly kind: 'local-steps';
  /** H, the number of local steps. */
  readonly steps: number;
  readonly inner: InnerOptimizer;
  readonly gradientClip?: number | undefined;
}

const FIRST_MOMENT = 'inner.m';
const SECOND_MOMENT = 'inner.v';
const INNER_STEPS = 'inner.steps';

export function createLocalSteps(
  spec: LocalStepsSpec,
  outer: OptimizerSpec,
  kernels?: VectorKernels,
): Estimator {
  return {
    ...gradientSteps(outer, kernels),
    name: 'local-steps',
    cohort: () => undefined,
    plan: () => ({ ...GRADIENT_PLAN, kind: 'pseudo-gradient' }),
    contribute: async ({ oracle, agreed, context, memory, signal }) => {
      const local = agreed.parameters.slice();
      for (let draw = 0; draw < spec.steps; draw++) {
        signal?.throwIfAborted();
        const gradient = await oracle.gradient(local, { kind: 'batch', round: context.round, draw });
        if (spec.gradientClip !== undefined) clipToNorm(gradient, spec.gradientClip);
        takeInnerStep(spec.inner, local, gradient, memory);
        kernels?.spare.give(gradient);
      }
      return addScaled(agreed.parameters, -1, local, kernels);
    },
  };
}

/** One step of the inner optimizer, in place. */
function takeInnerStep(inner: InnerOptimizer, x: Float32Array, gradient: Float32Array, memory: Memory): void {
  if (inner.kind === 'sgd') {
    const velocity = inner.momentum === 0 ? gradient : vectorIn(memory, FIRST_MOMENT, x.length);
    for (let i = 0; i < x.length; i++) {
      if (inner.momentum !== 0) {
        velocity[i] = inner.momentum * (velocity[i] as number) + (gradient[i] as number);
      }
      x[i] = (x[i] as number) - inner.learningRate * (velocity[i] as number);
    }
    return;
  }
  const { learningRate, beta1, beta2, epsilon, weightDecay } = inner;
  const m = vectorIn(memory, FIRST_MOMENT, x.length);
  const v = vectorIn(memory, SECOND_MOMENT, x.length);
  const t = ((memory.get(INNER_STEPS) as number | undefined) ?? 0) + 1;
  memory.set(INNER_STEPS, t);
  const correction1 = 1 - beta1 ** t;
  const correction2 = 1 - beta2 ** t;
  for (let i = 0; i < x.length; i++) {
    const g = gradient[i] as number;
    m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
    v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
    const direction = (m[i] as number) / correction1 / (Math.sqrt((v[i] as number) / correction2) + epsilon);
    x[i] = (x[i] as number) * (1 - learningRate * weightDecay) - learningRate * direction;
  }
}

function vectorIn(memory: Memory, name: string, d: number): Float32Array {
  const known = memory.get(name);
  if (known instanceof Float32Array && known.length === d) return known;
  const fresh = new Float32Array(d);
  memory.set(name, fresh);
  return fresh;
}
