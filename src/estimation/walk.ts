/**
 * A walk of local steps: an inner optimizer takes one step for each of several gradients. Who computes gradients on a device
 * may take the whole walk there (`GradientOracle.descend`); elsewhere it is taken gradient by gradient (inner-steps.ts).
 */
import { sharedFloats } from '../foundation/shared-memory.ts';
import type { Memory } from '../compression/compressor.ts';

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

export interface Walk {
  readonly inner: InnerOptimizer;
  /** A longer gradient is scaled down to this Euclidean norm. */
  readonly gradientClip: number | undefined;
  /** Steps that the moments have behind them; counted on with them. */
  steps: number;
  /** Length d, in shared memory: where the walk begins, and in the end where it led. */
  readonly position: Float32Array;
  /** As `position`, one for each moment of the optimizer: SGD's velocity; AdamW's first and second moment. */
  readonly moments: readonly Float32Array[];
}

/** Names in a worker's memory. */
const MOMENTS = ['inner.m', 'inner.v'];
const STEPS = 'inner.steps';

/** Vectors of length d that the optimizer keeps between steps. */
export function momentCount(inner: InnerOptimizer): number {
  if (inner.kind === 'adamw') return 2;
  return inner.momentum === 0 ? 0 : 1;
}

/** The optimizer's moments as the worker left them; zero at first. */
export function recallMoments(
  memory: Memory,
  inner: InnerOptimizer,
  d: number,
): Pick<Walk, 'moments' | 'steps'> {
  const known = MOMENTS.slice(0, momentCount(inner)).map((name) => memory.get(name));
  const isWhole = known.every((moment) => moment instanceof Float32Array && moment.length === d);
  if (!isWhole) return { moments: known.map(() => sharedFloats(d)), steps: 0 };
  return { moments: known as Float32Array[], steps: (memory.get(STEPS) as number | undefined) ?? 0 };
}

export function keepMoments(memory: Memory, { moments, steps }: Walk): void {
  for (const [i, moment] of moments.entries()) memory.set(MOMENTS[i] as string, moment);
  memory.set(STEPS, steps);
}
