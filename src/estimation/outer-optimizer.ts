/**
 * The agreed step along a direction: SGD with optional momentum, Nesterov's form and weight decay, as PyTorch defines
 * them. With rate 0.7, momentum 0.9 and Nesterov it is DiLoCo's outer step (arXiv 2311.08105).
 */
import { z } from 'zod';
import { parseWith, withShorthand } from '../foundation/schema.ts';
import { sharedFloats } from '../foundation/shared-memory.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import { rateAt, SCHEDULE, type Schedule } from './schedule.ts';
import { sharedVector, type AgreedState } from './agreed-state.ts';
import { newVector } from './vector-math.ts';

export interface OptimizerSpec {
  readonly learningRate: Schedule;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /**
   * Keeps what rounding the parameters to float32 cuts off, in a second shared vector: steps below half a unit in the
   * last place then add up instead of being lost.
   */
  readonly compensated: boolean;
}

export function plainSgd(learningRate: number): OptimizerSpec {
  return {
    learningRate: { kind: 'constant', rate: learningRate },
    momentum: 0,
    nesterov: false,
    weightDecay: 0,
    compensated: false,
  };
}

/** A bare number is plain SGD with that learning rate. */
export const OPTIMIZER = withShorthand(
  (value) => (typeof value === 'number' ? { learningRate: value } : value),
  z
    .strictObject({
      learningRate: SCHEDULE,
      momentum: z.number().min(0).max(0.9999).default(0),
      nesterov: z.boolean().default(false),
      weightDecay: z.number().min(0).default(0),
      compensated: z.boolean().default(false),
    })
    .refine((spec) => !spec.nesterov || spec.momentum > 0, {
      path: ['nesterov'],
      error: 'be false where momentum is 0',
    }),
  () => ({ type: 'number', exclusiveMinimum: 0 }),
);

export function parseOptimizer(value: unknown, field: string): OptimizerSpec {
  return parseWith<OptimizerSpec>(OPTIMIZER, value, field);
}

const VELOCITY = 'velocity';
const REMAINDER = 'remainder';

/** The shared vectors that the optimizer needs from the start, all zero. */
export function initialMoments(spec: OptimizerSpec, d: number): Record<string, Float32Array> {
  return {
    ...(spec.momentum === 0 ? {} : { [VELOCITY]: sharedFloats(d) }),
    ...(spec.compensated ? { [REMAINDER]: sharedFloats(d) } : {}),
  };
}

/**
 * v' = momentum v + g, x' = x - rate v' (Nesterov: x - rate (g + momentum v')), g the direction plus weightDecay x.
 * Returns x' and the optimizer's shared vectors. `into`: where x' goes, which may be the direction itself; left out: new memory.
 */
export function applyDirection(
  state: AgreedState,
  direction: Float32Array,
  spec: OptimizerSpec,
  kernels?: VectorKernels,
  into?: Float32Array,
): { readonly parameters: Float32Array; readonly moments: Record<string, Float32Array> } {
  const { momentum, nesterov, weightDecay, compensated } = spec;
  const rate = rateAt(spec.learningRate, state.steps);
  const x = state.parameters;
  const oldVelocity = momentum === 0 ? undefined : sharedVector(state, VELOCITY);
  const oldRemainder = compensated ? sharedVector(state, REMAINDER) : undefined;
  const parameters = into ?? newVector(x.length, kernels);
  const velocity = oldVelocity && newVector(x.length, kernels);
  const remainder = oldRemainder && newVector(x.length, kernels);
  const moments = { ...(velocity && { [VELOCITY]: velocity }), ...(remainder && { [REMAINDER]: remainder }) };
  const next = { parameters, velocity, remainder };
  const old = { parameters: x, velocity: oldVelocity, remainder: oldRemainder };
  if (kernels?.step({ ...old, direction, rate, momentum, nesterov, weightDecay, next }) === true) {
    return { parameters, moments };
  }
  for (let i = 0; i < x.length; i++) {
    const value = (x[i] as number) + (oldRemainder === undefined ? 0 : (oldRemainder[i] as number));
    const g = (direction[i] as number) + weightDecay * value;
    let along = g;
    if (velocity !== undefined && oldVelocity !== undefined) {
      velocity[i] = momentum * (oldVelocity[i] as number) + g;
      along = nesterov ? g + momentum * (velocity[i] as number) : (velocity[i] as number);
    }
    const moved = value - rate * along;
    parameters[i] = moved;
    if (remainder !== undefined) remainder[i] = moved - (parameters[i] as number);
  }
  return { parameters, moments };
}
