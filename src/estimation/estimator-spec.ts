/** The estimator as an experiment file names it, parsed, validated and built. */
import { z } from 'zod';
import { invalidField } from '../foundation/operator-error.ts';
import { integer, named, parseWith, positive } from '../foundation/schema.ts';
import { clipDifferences, type ClippingSpec } from './clipped-differences.ts';
import type { Estimator } from './estimator.ts';
import { createMomentum, createSgd, type MomentumSpec, type SgdSpec } from './gradient-estimators.ts';
import { createLocalSteps, type LocalStepsSpec } from './local-steps.ts';
import { createMu2Sgd, type Mu2SgdSpec } from './mu2-sgd.ts';
import type { OptimizerSpec } from './outer-optimizer.ts';
import { createVrMarina, type VrMarinaSpec } from './vr-marina-pp.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';

export type WorkerEstimatorSpec = SgdSpec | MomentumSpec | Mu2SgdSpec | VrMarinaSpec | LocalStepsSpec;

export type EstimatorSpec = WorkerEstimatorSpec & {
  /** The clipping heuristic around it; undefined: none. */
  readonly clipDifferences?: ClippingSpec | undefined;
};

const decay = z.number().min(0).max(0.999999);
const gradientClip = positive.optional();
const CLIPPING = z
  .strictObject({
    relativeTo: z.enum(['step', 'direction']).default('step'),
    factor: positive.default(1),
  })
  .optional();

const INNER = named('kind', [
  z.strictObject({
    kind: z.literal('sgd'),
    learningRate: positive.default(0.1),
    momentum: decay.default(0),
  }),
  z.strictObject({
    kind: z.literal('adamw'),
    learningRate: positive.default(1e-3),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: positive.default(1e-8),
    weightDecay: z.number().min(0).default(0.01),
  }),
]);

const FULL_ROUNDS = z.union(
  [z.strictObject({ every: integer(1) }), z.strictObject({ probability: positive.max(1) })],
  { error: 'be { every: ROUNDS } or { probability: P } with P above 0 and at most 1' },
);

export const ESTIMATOR = named('kind', [
  z.strictObject({ kind: z.literal('sgd'), gradientClip, clipDifferences: CLIPPING }),
  z.strictObject({
    kind: z.literal('momentum'),
    beta: z.number().min(0).max(0.9999).default(0.9),
    form: z.enum(['ema', 'heavy-ball']).default('ema'),
    gradientClip,
    clipDifferences: CLIPPING,
  }),
  z.strictObject({
    kind: z.literal('mu2-sgd'),
    arithmetic: z.enum(['theory', 'released', 'fixed']).default('released'),
    parts: z.enum(['both', 'storm', 'anytime']).exactOptional(),
    beta: positive.max(1).default(0.9),
    gamma: positive.max(1).default(0.1),
    gradientClip,
    radius: positive.optional(),
    clipDifferences: CLIPPING,
  }),
  z.strictObject({
    kind: z.literal('vr-marina-pp'),
    plus: z.boolean().default(false),
    full: FULL_ROUNDS.default({ probability: 0.1 }),
    fullCohort: z.union([z.literal('all'), integer(1)]).default('all'),
    fullMinibatches: integer(1, 100_000).exactOptional(),
    clip: positive.optional(),
    clipDifferences: z.undefined({ error: 'be left out: vr-marina-pp clips by `clip`' }).optional(),
  }),
  z.strictObject({
    kind: z.literal('local-steps'),
    steps: integer(1, 100_000).default(10),
    inner: INNER.prefault('adamw'),
    gradientClip,
    clipDifferences: CLIPPING,
  }),
]);

/** A spec from an experiment file: `"momentum"` or `{ "kind": "vr-marina-pp", "clip": 0.5, ... }`. */
export function parseEstimator(value: unknown, field: string): EstimatorSpec {
  return parseWith<EstimatorSpec>(ESTIMATOR, value, field);
}

/** The estimator of a spec; mu2-sgd and vr-marina-pp take the optimizer's learning rate and no momentum. */
export function createEstimator(
  spec: EstimatorSpec,
  optimizer: OptimizerSpec,
  kernels?: VectorKernels,
): Estimator {
  const inner = createWorkerEstimator(spec, optimizer, kernels);
  return spec.clipDifferences === undefined ? inner : clipDifferences(inner, spec.clipDifferences, kernels);
}

function createWorkerEstimator(
  spec: WorkerEstimatorSpec,
  optimizer: OptimizerSpec,
  kernels: VectorKernels | undefined,
): Estimator {
  switch (spec.kind) {
    case 'sgd':
      return createSgd(spec, optimizer, kernels);
    case 'momentum':
      return createMomentum(spec, optimizer, kernels);
    case 'mu2-sgd':
      refuseMomentum(spec.kind, optimizer);
      if (optimizer.compensated) throw invalidField('optimizer.compensated', 'be false under mu2-sgd', true);
      if (optimizer.weightDecay !== 0) {
        throw invalidField('optimizer.weightDecay', 'be 0 under mu2-sgd', optimizer.weightDecay);
      }
      return createMu2Sgd(spec, optimizer.learningRate, kernels);
    case 'vr-marina-pp':
      refuseMomentum(spec.kind, optimizer);
      return createVrMarina(spec, optimizer, kernels);
    case 'local-steps':
      return createLocalSteps(spec, optimizer, kernels);
  }
}

function refuseMomentum(kind: string, optimizer: OptimizerSpec): void {
  if (optimizer.momentum !== 0) {
    throw invalidField('optimizer.momentum', `be 0 under ${kind}, which has its own`, optimizer.momentum);
  }
}
