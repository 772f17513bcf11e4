/** The estimator as an experiment file names it, parsed, validated and built. */
import { FieldReader } from '../foundation/field-reader.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { clipDifferences, type ClippingSpec } from './clipped-differences.ts';
import type { Estimator } from './estimator.ts';
import { createMomentum, createSgd, type MomentumSpec, type SgdSpec } from './gradient-estimators.ts';
import { createLocalSteps, type InnerOptimizer, type LocalStepsSpec } from './local-steps.ts';
import { createMu2Sgd, type Mu2SgdSpec } from './mu2-sgd.ts';
import type { OptimizerSpec } from './outer-optimizer.ts';
import { createVrMarina, type VrMarinaSpec } from './vr-marina-pp.ts';

export type WorkerEstimatorSpec = SgdSpec | MomentumSpec | Mu2SgdSpec | VrMarinaSpec | LocalStepsSpec;

export type EstimatorSpec = WorkerEstimatorSpec & {
  /** The clipping heuristic around it; undefined: none. */
  readonly clipDifferences: ClippingSpec | undefined;
};

const KINDS = ['sgd', 'momentum', 'mu2-sgd', 'vr-marina-pp', 'local-steps'] as const;

/** A spec from an experiment file: `"momentum"` or `{ "kind": "vr-marina-pp", "clip": 0.5, ... }`. */
export function parseEstimator(value: unknown, field: string): EstimatorSpec {
  const read = new FieldReader(value, field, { shorthand: 'kind' });
  const kind = read.oneOf('kind', KINDS);
  const spec = readSettings(kind, read);
  const clipping = read.nested('clipDifferences', undefined, parseClipping);
  if (clipping !== undefined && kind === 'vr-marina-pp') {
    throw invalidField(`${field}.clipDifferences`, 'be left out: vr-marina-pp clips by `clip`', clipping);
  }
  read.refuseOthers();
  return { ...spec, clipDifferences: clipping };
}

/** The estimator of a spec; mu2-sgd and vr-marina-pp take the optimizer's learning rate and no momentum. */
export function createEstimator(spec: EstimatorSpec, optimizer: OptimizerSpec): Estimator {
  const inner = createWorkerEstimator(spec, optimizer);
  return spec.clipDifferences === undefined ? inner : clipDifferences(inner, spec.clipDifferences);
}

function createWorkerEstimator(spec: WorkerEstimatorSpec, optimizer: OptimizerSpec): Estimator {
  switch (spec.kind) {
    case 'sgd':
      return createSgd(spec, optimizer);
    case 'momentum':
      return createMomentum(spec, optimizer);
    case 'mu2-sgd':
      refuseMomentum(spec.kind, optimizer);
      if (optimizer.compensated) throw invalidField('optimizer.compensated', 'be false under mu2-sgd', true);
      if (optimizer.weightDecay !== 0) {
        throw invalidField('optimizer.weightDecay', 'be 0 under mu2-sgd', optimizer.weightDecay);
      }
      return createMu2Sgd(spec, optimizer.learningRate);
    case 'vr-marina-pp':
      refuseMomentum(spec.kind, optimizer);
      return createVrMarina(spec, optimizer);
    case 'local-steps':
      return createLocalSteps(spec, optimizer);
  }
}

function refuseMomentum(kind: string, optimizer: OptimizerSpec): void {
  if (optimizer.momentum !== 0) {
    throw invalidField('optimizer.momentum', `be 0 under ${kind}, which has its own`, optimizer.momentum);
  }
}

function readSettings(kind: (typeof KINDS)[number], read: FieldReader): WorkerEstimatorSpec {
  switch (kind) {
    case 'sgd':
      return { kind, gradientClip: readClip(read) };
    case 'momentum':
      return {
        kind,
        beta: read.number('beta', { min: 0, max: 0.9999, otherwise: 0.9 }),
        form: read.oneOf('form', ['ema', 'heavy-ball'], 'ema'),
        gradientClip: readClip(read),
      };
    case 'mu2-sgd':
      return {
        kind,
        arithmetic: read.oneOf('arithmetic', ['theory', 'released', 'fixed'], 'released'),
        beta: read.number('beta', { above: 0, max: 1, otherwise: 0.9 }),
        gamma: read.number('gamma', { above: 0, max: 1, otherwise: 0.1 }),
        gradientClip: readClip(read),
        radius: read.has('radius') ? read.number('radius', { above: 0 }) : undefined,
      };
    case 'vr-marina-pp':
      return {
        kind,
        plus: read.boolean('plus', false),
        full: read.nested('full', { probability: 0.1 }, parseFull),
        fullCohort: read.nested('fullCohort', 'all' as const, parseFullCohort),
        clip: read.has('clip') ? read.number('clip', { above: 0 }) : undefined,
      };
    case 'local-steps':
      return {
        kind,
        steps: read.integer('steps', { min: 1, max: 100_000, otherwise: 10 }),
        inner: read.nested('inner', DEFAULT_INNER, parseInner),
        gradientClip: readClip(read),
      };
  }
}

function readClip(read: FieldReader): number | undefined {
  return read.has('gradientClip') ? read.number('gradientClip', { above: 0 }) : undefined;
}

function parseClipping(value: unknown, path: string): ClippingSpec {
  const read = new FieldReader(value, path);
  const spec = {
    relativeTo: read.oneOf('relativeTo', ['step', 'direction'], 'step'),
    factor: read.number('factor', { above: 0, otherwise: 1 }),
  };
  read.refuseOthers();
  return spec;
}

function parseFull(value: unknown, path: string): VrMarinaSpec['full'] {
  const read = new FieldReader(value, path);
  const spec = read.has('every')
    ? { every: read.integer('every', { min: 1 }) }
    : { probability: read.number('probability', { above: 0, max: 1 }) };
  read.refuseOthers();
  return spec;
}

function parseFullCohort(value: unknown, path: string): 'all' | number {
  if (value === 'all') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidField(path, 'be "all" or a number of workers', value);
}

const DEFAULT_INNER: InnerOptimizer = {
  kind: 'adamw',
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
};

function parseInner(value: unknown, path: string): InnerOptimizer {
  const read = new FieldReader(value, path, { shorthand: 'kind' });
  const kind = read.oneOf('kind', ['sgd', 'adamw']);
  const decay = { min: 0, max: 0.999999 };
  const spec: InnerOptimizer =
    kind === 'sgd'
      ? {
          kind,
          learningRate: read.number('learningRate', { above: 0, otherwise: 0.1 }),
          momentum: read.number('momentum', { ...decay, otherwise: 0 }),
        }
      : {
          kind,
          learningRate: read.number('learningRate', { above: 0, otherwise: 1e-3 }),
          beta1: read.number('beta1', { ...decay, otherwise: 0.9 }),
          beta2: read.number('beta2', { ...decay, otherwise: 0.999 }),
          epsilon: read.number('epsilon', { above: 0, otherwise: 1e-8 }),
          weightDecay: read.number('weightDecay', { min: 0, otherwise: 0.01 }),
        };
  read.refuseOthers();
  return spec;
}
