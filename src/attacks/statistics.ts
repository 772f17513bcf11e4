/**
 * Honest means and deviations that attacks are built from, in float64 with one rounding: the kernels, where there are any,
 * give the bytes of the plain loops. Adversaries need not agree on bits, but a simulation repeats.
 */
import { assert } from '../foundation/assert.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import { float32Row } from '../linalg/packed-row.ts';
import type { AttackView } from './attack.ts';

/** What the adversary may take for the honest vectors: all of them, or its own where it sees no other. */
export function visible(view: AttackView): readonly Float32Array[] {
  return view.honest !== undefined && view.honest.length > 0 ? view.honest : [view.own];
}

export interface Moments {
  readonly mean: Float32Array;
  /** Per-coordinate standard deviation (n - 1 in the divisor, as torch.std; 0 for one vector). */
  readonly deviation: Float32Array;
}

/** Coordinates summed at a time: the sums stay in the nearest cache while the vectors pass by. */
const BLOCK = 256;

export function meanOf(vectors: readonly Float32Array[], kernels?: VectorKernels): Float32Array {
  const mean = vectorLike(vectors[0], kernels);
  if (kernels?.moments(vectors.map(float32Row), mean, undefined) !== true) sumUp(vectors, mean, undefined);
  return mean;
}

export function momentsOf(vectors: readonly Float32Array[], kernels?: VectorKernels): Moments {
  const [mean, deviation] = [vectorLike(vectors[0], kernels), vectorLike(vectors[0], kernels)];
  if (kernels?.moments(vectors.map(float32Row), mean, deviation) !== true) sumUp(vectors, mean, deviation);
  return { mean, deviation };
}

function sumUp(
  vectors: readonly Float32Array[],
  mean: Float32Array,
  deviation: Float32Array | undefined,
): void {
  const divisor = Math.max(1, vectors.length - 1);
  const sums = new Float64Array(BLOCK);
  for (let from = 0; from < mean.length; from += BLOCK) {
    const length = Math.min(BLOCK, mean.length - from);
    sums.fill(0);
    for (const vector of vectors) {
      for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) + (vector[from + i] as number);
    }
    for (let i = 0; i < length; i++) mean[from + i] = (sums[i] as number) / vectors.length;
    if (deviation === undefined) continue;
    sums.fill(0);
    for (const vector of vectors) {
      for (let i = 0; i < length; i++) {
        const difference = (vector[from + i] as number) - (mean[from + i] as number);
        sums[i] = (sums[i] as number) + difference * difference;
      }
    }
    for (let i = 0; i < length; i++) deviation[from + i] = Math.sqrt((sums[i] as number) / divisor);
  }
}

/** factor a; `out` may be the vector itself. */
export function scaled(
  a: Float32Array,
  factor: number,
  kernels?: VectorKernels,
  out = vectorLike(a, kernels),
): Float32Array {
  if (kernels?.combine(factor, float32Row(a), 0, undefined, out) === true) return out;
  for (let i = 0; i < a.length; i++) out[i] = factor * (a[i] as number);
  return out;
}

/** a + factor b; `out` may be either of them. */
export function plus(
  a: Float32Array,
  factor: number,
  b: Float32Array,
  kernels?: VectorKernels,
  out = vectorLike(a, kernels),
): Float32Array {
  if (kernels?.combine(1, float32Row(a), factor, float32Row(b), out) === true) return out;
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) + factor * (b[i] as number);
  return out;
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    sum += difference * difference;
  }
  return sum;
}

/** A vector to be written as a whole, as long as another. */
export function vectorLike(other: Float32Array | undefined, kernels?: VectorKernels): Float32Array {
  assert(other !== undefined, 'a mean needs a vector');
  return kernels?.spare.take(other.length) ?? new Float32Array(other.length);
}

/** Intermediate vectors that nobody will read again. */
export function discard(kernels: VectorKernels | undefined, ...vectors: readonly Float32Array[]): void {
  for (const vector of vectors) kernels?.spare.give(vector);
}
