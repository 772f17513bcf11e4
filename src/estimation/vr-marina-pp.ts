/**
 * Byz-VR-MARINA-PP and PP+ (Malinovsky, Richtarik, Horvath, Gorbunov, arXiv 2311.14127, Algorithms 1 and 3), and both
 * without full gradients (Appendix G, Algorithms 4 and 5).
 * With the shared coin c_k = 1 (or at every fixed interval) a large cohort sends full gradients and their robust
 * aggregate becomes g; otherwise a small cohort sends Q(D_i), D_i the difference of one minibatch's gradients at the
 * two last iterates, the receiver clips to alpha ||x^{k+1} - x^k||, and g grows by the aggregate (PP+: by the plain
 * mean). Either way x moves along -gamma g. A cohort with a Byzantine majority can then move g by no more than the
 * clip level.
 * Shared: g and the previous iterate. A round that was skipped leaves both, and is tried again.
 */
import type { RoundContext } from '../crypto/beacon.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { sharedVector } from './agreed-state.ts';
import type { Estimator, GradientOracle, RoundPlan } from './estimator.ts';
import { applyDirection, initialMoments, type OptimizerSpec } from './outer-optimizer.ts';
import { addScaled, distance } from './vector-math.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';

export interface VrMarinaSpec {
  readonly kind: 'vr-marina-pp';
  /** PP+: the plain mean of the clipped differences. */
  readonly plus: boolean;
  /** When full gradients are sent: with probability p in each round, or every so many steps. */
  readonly full: { readonly probability: number } | { readonly every: number };
  /** Chat: the cohort of full rounds. */
  readonly fullCohort: 'all' | number;
  /**
   * Algorithms 4 and 5: what a worker sends in a full round is the mean of so many minibatches (b' = this many times the
   * batch size) and no full gradient. Left out: Algorithms 1 and 3.
   */
  readonly fullMinibatches?: number;
  /** alpha in lambda_{k+1} = alpha ||x^{k+1} - x^k||; undefined: no clipping. */
  readonly clip?: number | undefined;
}

const DIRECTION = 'marina.g';
const PREVIOUS = 'marina.previous';

export function createVrMarina(
  spec: VrMarinaSpec,
  optimizer: OptimizerSpec,
  kernels?: VectorKernels,
): Estimator {
  const cohort = (context: RoundContext) => (isFullRound(spec.full, context) ? spec.fullCohort : undefined);
  return {
    name: spec.plus ? 'vr-marina-pp+' : 'vr-marina-pp',
    needsUnbiased: 'Byz-VR-MARINA-PP (arXiv 2311.14127): its theorems assume E Q(x) = x',
    initialState: (parameters) => ({
      round: 0,
      steps: 0,
      parameters,
      shared: {
        ...initialMoments(optimizer, parameters.length),
        [DIRECTION]: new Float32Array(parameters.length),
        [PREVIOUS]: parameters,
      },
    }),
    cohort,
    plan: (agreed, context): RoundPlan => {
      if (agreed.steps === 0 || isFullRound(spec.full, context)) {
        const base = { kind: 'full', compressed: false, rule: 'robust' } as const;
        return { ...base, cohort: cohort(context), clipLevel: undefined, centre: undefined };
      }
      const moved = distance(agreed.parameters, sharedVector(agreed, PREVIOUS));
      return {
        kind: 'difference',
        cohort: undefined,
        compressed: true,
        rule: spec.plus ? 'mean' : 'robust',
        clipLevel: spec.clip === undefined ? undefined : spec.clip * moved,
        centre: undefined,
      };
    },
    contribute: async ({ oracle, agreed, plan, context }) => {
      if (plan.kind === 'full') {
        return spec.fullMinibatches === undefined
          ? oracle.gradient(agreed.parameters, { kind: 'full' })
          : meanOfMinibatches(oracle, agreed.parameters, context.round, spec.fullMinibatches);
      }
      const sample = { kind: 'batch', round: context.round, draw: 0 } as const;
      const now = await oracle.gradient(agreed.parameters, sample);
      const before = await oracle.gradient(sharedVector(agreed, PREVIOUS), sample);
      const difference = addScaled(now, -1, before, kernels);
      for (const gradient of [now, before]) kernels?.spare.give(gradient);
      return difference;
    },
    step: (agreed, plan, update) => {
      const g =
        plan.kind === 'full' ? update : addScaled(sharedVector(agreed, DIRECTION), 1, update, kernels);
      const { parameters, moments } = applyDirection(agreed, g, optimizer, kernels);
      const shared = { ...moments, [DIRECTION]: g, [PREVIOUS]: agreed.parameters };
      return { round: agreed.round + 1, steps: agreed.steps + 1, parameters, shared };
    },
  };
}

/** The estimate of Algorithms 4 and 5 from b' examples; a minibatch may share examples with another. */
async function meanOfMinibatches(
  oracle: GradientOracle,
  parameters: Float32Array,
  round: number,
  count: number,
): Promise<Float32Array> {
  const sum = new Float64Array(oracle.d);
  for (let draw = 0; draw < count; draw++) {
    const gradient = await oracle.gradient(parameters, { kind: 'batch', round, draw });
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (gradient[i] as number);
  }
  return Float32Array.from(sum, (value) => value / count);
}

/** c_k, the same at every peer; the first round has nothing to take differences to. */
function isFullRound(full: VrMarinaSpec['full'], { round, seed }: RoundContext): boolean {
  if (round === 0) return true;
  if ('every' in full) return round % full.every === 0;
  return new SeededRandom(seed, 'marina-coin').next() < full.probability;
}
