/**
 * SGD and worker momentum: one minibatch a round, and the agreed optimizer step along the aggregate.
 * Momentum before robust aggregation is what makes any of the rules provably work against time-coupled attacks
 * (Karimireddy, He, Jaggi, ICML 2021). `ema`: m <- beta m + (1 - beta) g; `heavy-ball`: m <- beta m + g; both begin at m = 0.
 */
import type { Estimator, RoundPlan, WorkerSide } from './estimator.ts';
import { applyDirection, initialMoments, type OptimizerSpec } from './outer-optimizer.ts';
import { clipToNorm } from './vector-math.ts';

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

export function createSgd(spec: SgdSpec, optimizer: OptimizerSpec): Estimator {
  return {
    ...gradientSteps(optimizer),
    name: 'sgd',
    contribute: (side) => batchGradient(side, spec.gradientClip),
  };
}

export function createMomentum(spec: MomentumSpec, optimizer: OptimizerSpec): Estimator {
  return {
    ...gradientSteps(optimizer),
    name: 'momentum',
    contribute: async (side) => {
      const gradient = await batchGradient(side, spec.gradientClip);
      const old = side.memory.get(MEMORY);
      const fresh = spec.form === 'ema' ? 1 - spec.beta : 1;
      addDecayed(gradient, fresh, old instanceof Float32Array ? old : undefined, spec.beta);
      side.memory.set(MEMORY, gradient.slice());
      return gradient;
    },
  };
}

/** vector <- scale vector + decay old; what is not there yet is zero. */
function addDecayed(vector: Float32Array, scale: number, old: Float32Array | undefined, decay: number): void {
  const { length } = vector;
  if (old === undefined) for (let i = 0; i < length; i++) vector[i] = scale * (vector[i] as number);
  else
    for (let i = 0; i < length; i++) vector[i] = decay * (old[i] as number) + scale * (vector[i] as number);
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
    step: (agreed, _plan, update) => {
      const { parameters, moments } = applyDirection(agreed, update, optimizer);
      return { round: agreed.round + 1, steps: agreed.steps + 1, parameters, shared: moments };
    },
  };
}
