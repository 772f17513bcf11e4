/** Honest means and deviations that attacks are built from. Adversaries need not agree on bits. */
import { assert } from '../foundation/assert.ts';
import type { AttackView } from './attack.ts';

/** What the adversary may take for the honest vectors: all of them, or its own where it sees no other. */
export function visible(view: AttackView): readonly Float32Array[] {
  return view.honest !== undefined && view.honest.length > 0 ? view.honest : [view.own];
}

export function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const first = vectors[0];
  assert(first !== undefined, 'a mean needs a vector');
  const sums = new Float64Array(first.length);
  for (const vector of vectors)
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (vector[i] as number);
  return Float32Array.from(sums, (sum) => sum / vectors.length);
}

/** Per-coordinate standard deviation (n - 1 in the divisor, as torch.std; 0 for one vector). */
export function deviationOf(vectors: readonly Float32Array[], mean: Float32Array): Float32Array {
  const sums = new Float64Array(mean.length);
  for (const vector of vectors) {
    for (let i = 0; i < sums.length; i++) {
      const difference = (vector[i] as number) - (mean[i] as number);
      sums[i] = (sums[i] as number) + difference * difference;
    }
  }
  return Float32Array.from(sums, (sum) => Math.sqrt(sum / Math.max(1, vectors.length - 1)));
}

export function scaled(vector: Float32Array, factor: number): Float32Array {
  return vector.map((value) => factor * value);
}

/** a + factor b. */
export function plus(a: Float32Array, factor: number, b: Float32Array): Float32Array {
  return a.map((value, i) => value + factor * (b[i] as number));
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
