/**
 * Local steps (DiLoCo, Douillard et al., arXiv 2311.08105; FedOpt, Reddi et al. 2021): a worker takes `steps` steps of
 * its inner optimizer from the agreed parameters and sends x - x_local; the agreed outer optimizer (DiLoCo: rate 0.7,
 * Nesterov momentum 0.9) treats the aggregate as a gradient. The inner optimizer's moments stay with the worker.
 */
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import type { Estimator, Sample } from './estimator.ts';
import { GRADIENT_PLAN, gradientSteps } from './gradient-estimators.ts';
import { takeWalk } from './inner-steps.ts';
import type { OptimizerSpec } from './outer-optimizer.ts';
import { addScaled, newVector } from './vector-math.ts';
import { keepMoments, recallMoments, type InnerOptimizer, type Walk } from './walk.ts';

export interface LocalStepsSpec {
  readonly kind: 'local-steps';
  /** H, the number of local steps. */
  readonly steps: number;
  readonly inner: InnerOptimizer;
  readonly gradientClip?: number | undefined;
}

export function createLocalSteps(
  { steps, inner, gradientClip }: LocalStepsSpec,
  outer: OptimizerSpec,
  kernels?: VectorKernels,
): Estimator {
  return {
    ...gradientSteps(outer, kernels),
    name: 'local-steps',
    cohort: () => undefined,
    plan: () => ({ ...GRADIENT_PLAN, kind: 'pseudo-gradient' }),
    contribute: async ({ oracle, agreed, context: { round }, memory, signal }) => {
      const { parameters } = agreed;
      const position = newVector(parameters.length, kernels);
      position.set(parameters);
      const walk: Walk = {
        inner,
        gradientClip,
        position,
        ...recallMoments(memory, inner, parameters.length),
      };
      const samples = Array.from({ length: steps }, (_, draw): Sample => ({ kind: 'batch', round, draw }));
      try {
        if (oracle.descend === undefined) await takeWalk(walk, samples, oracle, kernels, signal);
        else await oracle.descend(walk, samples);
      } finally {
        // of a walk that was given up, those of the steps that were taken
        keepMoments(memory, walk);
      }
      const sent = addScaled(parameters, -1, position, kernels);
      kernels?.spare.give(position);
      return sent;
    },
  };
}
