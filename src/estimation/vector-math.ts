/** Vector arithmetic that peers agree on: float64 sums in index order, one rounding to float32 at the end. */
import { sharedFloats } from '../foundation/shared-memory.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import { float32Row } from '../linalg/packed-row.ts';

function squaredNorm(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] as number;
    sum += value * value;
  }
  return sum;
}

export function norm(vector: Float32Array): number {
  return Math.sqrt(squaredNorm(vector));
}

/** ||a - b||, the difference formed in float64. */
export function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** A vector to be written as a whole, where kernels read it in place. */
export function newVector(length: number, kernels?: VectorKernels): Float32Array {
  return kernels?.spare.take(length) ?? sharedFloats(length);
}

/** a + scale b, in a new array. */
export function addScaled(
  a: Float32Array,
  scale: number,
  b: Float32Array,
  kernels?: VectorKernels,
): Float32Array {
  const out = newVector(a.length, kernels);
  if (kernels?.combine(1, float32Row(a), scale, float32Row(b), out) === true) return out;
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) + scale * (b[i] as number);
  return out;
}

/** (1 - weight) a + weight b, in a new array. */
export function interpolate(
  a: Float32Array,
  b: Float32Array,
  weight: number,
  kernels?: VectorKernels,
): Float32Array {
  const out = newVector(a.length, kernels);
  if (kernels?.combine(1 - weight, float32Row(a), weight, float32Row(b), out) === true) return out;
  for (let i = 0; i < a.length; i++) out[i] = (1 - weight) * (a[i] as number) + weight * (b[i] as number);
  return out;
}

/** clip_level(x) = min(1, level / ||x||) x, in place; clip(0) = 0. Returns the factor. */
export function clipToNorm(vector: Float32Array, level: number): number {
  const length = norm(vector);
  if (length <= level) return 1;
  const factor = level / length;
  for (let i = 0; i < vector.length; i++) vector[i] = factor * (vector[i] as number);
  return factor;
}

/** vector <- scale vector + decay old; what is not there yet is zero. */
export function addDecayed(
  vector: Float32Array,
  scale: number,
  old: Float32Array | undefined,
  decay: number,
  kernels?: VectorKernels,
): void {
  const { length } = vector;
  const given = float32Row(vector);
  if (old === undefined) {
    if (kernels?.combine(scale, given, 0, undefined, vector) === true) return;
    for (let i = 0; i < length; i++) vector[i] = scale * (vector[i] as number);
  } else {
    if (kernels?.combine(decay, float32Row(old), scale, given, vector) === true) return;
    for (let i = 0; i < length; i++) vector[i] = decay * (old[i] as number) + scale * (vector[i] as number);
  }
}

/** As `every(Number.isFinite)`, without a call for each value: it runs over every vector of every round. */
export function allFinite(values: Float32Array, kernels?: VectorKernels): boolean {
  const known = kernels?.isFinite(float32Row(values));
  if (known !== undefined) return known;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value !== 0) return false;
  }
  return true;
}
