/**
 * The orthonormal DCT-II of a chunk, from a table of exact cosines: y_k = sum_i C[k, i] x_i with
 * C[k, i] = sqrt(2/s) cos(pi (2 i + 1) k / (2 s)), C[0, i] = sqrt(1/s). The inverse is the transpose.
 */
import { exactCosPi } from '../foundation/exact-math.ts';

/** Row-major s x s. */
export function cosineTable(size: number): Float64Array {
  const table = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / size);
    for (let i = 0; i < size; i++) table[k * size + i] = scale * exactCosPi((2 * i + 1) * k, 2 * size);
  }
  return table;
}

/** Coefficients of `chunk` (shorter ones are filled up with zeros), rounded to float32. */
export function transformChunk(
  table: Float64Array,
  size: number,
  chunk: Float32Array,
  out: Float32Array,
): void {
  for (let k = 0; k < size; k++) {
    let sum = 0;
    for (let i = 0; i < chunk.length; i++) sum += (table[k * size + i] as number) * (chunk[i] as number);
    out[k] = sum;
  }
}

/** Of the chunk whose only coefficients are values[j] at indices[j]: the values from place `from` on that fill `out`. */
export function restoreChunk(
  table: Float64Array,
  size: number,
  indices: Uint32Array,
  values: Float32Array,
  from: number,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < indices.length; j++) {
      sum += (table[(indices[j] as number) * size + from + i] as number) * (values[j] as number);
    }
    out[i] = sum;
  }
}
