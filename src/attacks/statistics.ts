/** Honest means and deviations that attacks are built from. Adversaries need not agree on bits. */
import { assert } from '../foundation/assert.ts';
import type { AttackView } from './attack.ts';

/** What the adversary may take for the honest vectors: all of them, or its own where it sees no other. */
export function visible(view: AttackView): readonly Float32Array[] {
  return view.honest !== undefined && view.honest.length > 0 ? view.honest : [view.own];
}

/** Coordinates summed at a time: the sums stay in the nearest cache while the vectors pass by. */
const BLOCK = 256;

export function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const d = vectors[0]?.length;
  assert(d !== undefined, 'a mean needs a vector');
  const out = new Float32Array(d);
  const sums = new Float64Array(BLOCK);
  for (let from = 0; from < d; from += BLOCK) {
    const length = Math.min(BLOCK, d - from);
    sums.fill(0);
    for (const vector of vectors) {
      for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) + (vector[from + i] as number);
    }
    for (let i = 0; i < length; i++) out[from + i] = (sums[i] as number) / vectors.length;
  }
  return out;
}

/** Per-coordinate standard deviation (n - 1 in the divisor, as torch.std; 0 for one vector). */
export function deviationOf(vectors: readonly Float32Array[], mean: Float32Array): Float32Array {
  const d = mean.length;
  const divisor = Math.max(1, vectors.length - 1);
  const out = new Float32Array(d);
  const sums = new Float64Array(BLOCK);
  for (let from = 0; from < d; from += BLOCK) {
    const length = Math.min(BLOCK, d - from);
    sums.fill(0);
    for (const vector of vectors) {
      for (let i = 0; i < length; i++) {
        const difference = (vector[from + i] as number) - (mean[from + i] as number);
        sums[i] = (sums[i] as number) + difference * difference;
      }
    }
    for (let i = 0; i < length; i++) out[from + i] = Math.sqrt((sums[i] as number) / divisor);
  }
  return out;
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
