/**
 * The clipping heuristic of arXiv 2311.14127 (section 4, equation 10: any method under partial participation), around any
 * estimator that sends one vector a round: g^k = g^{k-1} + Agg({clip(v_i^k - g^{k-1})}). The sender subtracts g^{k-1}
 * (so that a compressor acts on the small difference), the receiver clips. The first step takes everybody, unclipped.
 * `step`: the level is factor ||x^k - x^{k-1}||, as in the paper; `direction`: factor ||g^{k-1}||, as in the code.
 */
import type { RoundContext } from '../crypto/beacon.ts';
import { sharedVector } from './agreed-state.ts';
import type { Estimator, RoundPlan } from './estimator.ts';
import { addScaled, distance, norm } from './vector-math.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';

export interface ClippingSpec {
  readonly relativeTo: 'step' | 'direction';
  readonly factor: number;
}

const DIRECTION = 'clip.g';
const PREVIOUS = 'clip.previous';

export function clipDifferences(inner: Estimator, spec: ClippingSpec, kernels?: VectorKernels): Estimator {
  const cohort = (context: RoundContext) => (context.round === 0 ? 'all' : inner.cohort(context));
  return {
    name: `clipped ${inner.name}`,
    needsUnbiased: inner.needsUnbiased,
    initialState: (parameters) => {
      const state = inner.initialState(parameters);
      const own = { [DIRECTION]: new Float32Array(parameters.length), [PREVIOUS]: parameters };
      return { ...state, shared: { ...state.shared, ...own } };
    },
    cohort,
    plan: (agreed, context): RoundPlan => {
      const plan = { ...inner.plan(agreed, context), cohort: cohort(context) };
      if (agreed.steps === 0) return { ...plan, compressed: false };
      const centre = sharedVector(agreed, DIRECTION);
      const scale =
        spec.relativeTo === 'step'
          ? distance(agreed.parameters, sharedVector(agreed, PREVIOUS))
          : norm(centre);
      return { ...plan, centre, clipLevel: spec.factor * scale };
    },
    contribute: (side) => inner.contribute(side),
    step: (agreed, plan, update) => {
      const direction = plan.centre === undefined ? update : addScaled(plan.centre, 1, update, kernels);
      const next = inner.step(agreed, plan, direction);
      const own = { [DIRECTION]: direction, [PREVIOUS]: agreed.parameters };
      return { ...next, shared: { ...next.shared, ...own } };
    },
  };
}
