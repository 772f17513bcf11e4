/**
 * mu^2-SGD of Dahan and Levy (ICML 2024, arXiv 2405.14759, Algorithm 2): AnyTime averaging of the query points and a
 * STORM correction of the worker estimates,
 *   d_t = g(x_t; z_t) + (1 - beta_t) (d_{t-1} - g(x_{t-1}; z_t)),   w_{t+1} = Proj(w_t - eta alpha_t dhat_t),
 *   x_{t+1} = (1 - a) x_t + a w_{t+1}.
 * `theory`: alpha_t = t, beta_t = 1/t, a = alpha_{t+1} / (alpha_1 + .. + alpha_{t+1}) = 2 / (t + 2).
 * `released` (the authors' code): alpha_t = 1, beta_t = max(1/t, 0.01), a = max(2/(t+1), 0.01).
 * `fixed` (their non-convex variant): alpha_t = 1, given beta and gamma = a.
 * Departure: a worker keeps the query point of its own last estimate, which is x_{t-1} where every worker serves in
 * every round, as the paper assumes, and still the point that d_{t-1} belongs to where cohorts are sampled.
 */
import type { Estimator } from './estimator.ts';
import { sharedVector } from './agreed-state.ts';
import { GRADIENT_PLAN } from './gradient-estimators.ts';
import { rateAt, type Schedule } from './schedule.ts';
import { addScaled, clipToNorm, interpolate } from './vector-math.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';

export interface Mu2SgdSpec {
  readonly kind: 'mu2-sgd';
  readonly arithmetic: 'theory' | 'released' | 'fixed';
  /**
   * Left out: both. `storm`: the correction alone, x = w; `anytime`: the averaging alone, d_t = g(x_t; z_t). The baselines of Dahan and
   * Levy, arXiv 2304.04172.
   */
  readonly parts?: 'both' | 'storm' | 'anytime';
  /** For `fixed`. */
  readonly beta: number;
  readonly gamma: number;
  /** Each raw worker gradient is clipped to this norm (the authors' code: 2); undefined: not at all. */
  readonly gradientClip?: number | undefined;
  /** Radius of the ball around 0 that w is projected onto; undefined: the whole space. */
  readonly radius?: number | undefined;
}

const RELEASED_FLOOR = 0.01;
const ITERATE = 'mu2.w';
const ESTIMATE = 'mu2.estimate';
const QUERY = 'mu2.query';

export function createMu2Sgd(spec: Mu2SgdSpec, learningRate: Schedule, kernels?: VectorKernels): Estimator {
  return {
    name: 'mu2-sgd',
    needsUnbiased: undefined,
    initialState: (parameters) => ({ round: 0, steps: 0, parameters, shared: { [ITERATE]: parameters } }),
    cohort: () => undefined,
    plan: () => GRADIENT_PLAN,
    contribute: async ({ oracle, agreed, context, memory }) => {
      const sample = { kind: 'batch', round: context.round, draw: 0 } as const;
      const estimate = await oracle.gradient(agreed.parameters, sample);
      if (spec.gradientClip !== undefined) clipToNorm(estimate, spec.gradientClip);
      if (spec.parts === 'anytime') return estimate;
      const [oldEstimate, oldQuery] = [memory.get(ESTIMATE), memory.get(QUERY)];
      if (oldEstimate instanceof Float32Array && oldQuery instanceof Float32Array) {
        const before = await oracle.gradient(oldQuery, sample);
        if (spec.gradientClip !== undefined) clipToNorm(before, spec.gradientClip);
        const keep = 1 - betaAt(spec, agreed.steps + 1);
        for (let i = 0; i < estimate.length; i++) {
          estimate[i] = (estimate[i] as number) + keep * ((oldEstimate[i] as number) - (before[i] as number));
        }
        kernels?.spare.give(before);
      }
      memory.set(ESTIMATE, estimate.slice());
      memory.set(QUERY, agreed.parameters.slice());
      return estimate;
    },
    step: (agreed, _plan, update) => {
      const t = agreed.steps + 1;
      const rate =
        rateAt(learningRate, agreed.steps) * (spec.arithmetic === 'theory' && spec.parts !== 'storm' ? t : 1);
      const old = sharedVector(agreed, ITERATE);
      const w = addScaled(old, -rate, update, kernels);
      if (spec.radius !== undefined) clipToNorm(w, spec.radius);
      const parameters =
        spec.parts === 'storm' ? w : interpolate(agreed.parameters, w, averagingWeight(spec, t), kernels);
      return { round: agreed.round + 1, steps: t, parameters, shared: { [ITERATE]: w } };
    },
  };
}

/** beta_t, t from 1. */
function betaAt(spec: Mu2SgdSpec, t: number): number {
  switch (spec.arithmetic) {
    case 'theory':
      return 1 / t;
    case 'released':
      return Math.max(1 / t, RELEASED_FLOOR);
    case 'fixed':
      return spec.beta;
  }
}

/** The weight of w_{t+1} in x_{t+1}, t from 1. */
function averagingWeight(spec: Mu2SgdSpec, t: number): number {
  switch (spec.arithmetic) {
    case 'theory':
      return 2 / (t + 2);
    case 'released':
      return Math.max(2 / (t + 1), RELEASED_FLOOR);
    case 'fixed':
      return spec.gamma;
  }
}
