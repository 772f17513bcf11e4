/**
 * SGD and worker momentum: one minibatch a round, and the agreed optimizer step along the aggregate.
 * Momentum before robust aggregation is what makes any of the rules provably work against time-coupled attacks
 * (Karimireddy, He, Jaggi, ICML 2021). `ema`: m <- beta m + (1 - beta) g; `heavy-ball`: m <- beta m + g; both begin at m = 0.
 */
import type { Estimator, RoundPlan, WorkerSide } from './estimator.ts';
import { applyDirection, initialMoments, type OptimizerSpec } from './outer-optimizer.ts';
import { addDecayed, clipToNorm } from './vector-math.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import { sharedFloats } from '../foundation/shared-memory.ts';

export interface SgdSpec {
  readonly kind: 'sgd';
  /** Each raw worker gradient is clipped to this norm; undefined: not at all. */
  readonly gradientClip?: number | undefined;
}

export interface MomentumSpec {
  readonly kind: 'momentum';
  readonly beta: number;
  readonly form: 'ema' | 'heavy-ball';
  readonly gradientClip?: number | undefined;
}

/** The plan of every estimator whose workers send one gradient-like vector each. */
export const GRADIENT_PLAN: RoundPlan = {
  kind: 'gradient',
  cohort: undefined,
  compressed: true,
  rule: 'robust',
  clipLevel: undefined,
  centre: undefined,
};

const MEMORY = 'momentum';

export function createSgd(spec: SgdSpec, optimizer: OptimizerSpec, kernels?: VectorKernels): Estimator {
  return {
    ...gradientSteps(optimizer, kernels),
    name: 'sgd',
    contribute: (side) => batchGradient(side, spec.gradientClip),
  };
}

export function createMomentum(
  spec: MomentumSpec,
  optimizer: OptimizerSpec,
  kernels?: VectorKernels,
): Estimator {
  return {
    ...gradientSteps(optimizer, kernels),
    name: 'momentum',
    contribute: async (side) => {
      const gradient = await batchGradient(side, spec.gradientClip);
      const old = side.memory.get(MEMORY);
      const fresh = spec.form === 'ema' ? 1 - spec.beta : 1;
      const known = old instanceof Float32Array ? old : undefined;
      addDecayed(gradient, fresh, known, spec.beta, kernels);
      // what is given away may be changed, the memory may not
      const momentum = known ?? sharedFloats(gradient.length);
      momentum.set(gradient);
      side.memory.set(MEMORY, momentum);
      return gradient;
    },
  };
}

/** The minibatch gradient at the agreed parameters, clipped where asked for. */
async function batchGradient(side: WorkerSide, gradientClip: number | undefined): Promise<Float32Array> {
  const { oracle, agreed, context } = side;
  const gradient = await oracle.gradient(agreed.parameters, { kind: 'batch', round: context.round, draw: 0 });
  if (gradientClip !== undefined) clipToNorm(gradient, gradientClip);
  return gradient;
}

/** The agreed side shared by all of them. */
export function gradientSteps(
  optimizer: OptimizerSpec,
  kernels?: VectorKernels,
): Pick<Estimator, 'needsUnbiased' | 'initialState' | 'cohort' | 'plan' | 'step'> {
  return {
    needsUnbiased: undefined,
    initialState: (parameters) => ({
      round: 0,
      steps: 0,
      parameters,
      shared: initialMoments(optimizer, parameters.length),
    }),
    cohort: () => undefined,
    plan: () => GRADIENT_PLAN,
    step: (agreed, _plan, update, into) => {
      const { parameters, moments } = applyDirection(agreed, update, optimizer, kernels, into);
      return { round: agreed.round + 1, steps: agreed.steps + 1, parameters, shared: moments };
    },
  };
}
