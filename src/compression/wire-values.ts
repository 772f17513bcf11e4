/** What several codecs share: seeded dither, scales that cover their block, and the check for finite numbers. */
import { SeededRandom } from '../foundation/seeded-random.ts';
import type { CompressionContext, DecodeFault } from './compressor.ts';

/** A worker's own stream of dither for a round. Public: rounding needs no secrecy, and replays are exact. */
export function ditherOf(context: CompressionContext, purpose: string): SeededRandom {
  return new SeededRandom(context.seed, 'dither', purpose, context.round, context.worker);
}

export function firstNonFinite(values: Float32Array): DecodeFault | undefined {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value !== 0) return 'not-finite';
  }
  return undefined;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** The least float32 that is not below a non-negative double; the largest finite one where there is none. */
export function roundUpToFloat32(value: number): number {
  if (value >= LARGEST_FLOAT32) return LARGEST_FLOAT32;
  float[0] = value;
  if (float[0] < value) word[0] = (word[0] as number) + 1;
  return float[0];
}

/** Euclidean norm of vector[from .. to). */
export function blockNorm(vector: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (vector[i] as number) * (vector[i] as number);
  return Math.sqrt(sum);
}

export function largestMagnitude(vector: Float32Array, from: number, to: number): number {
  let largest = 0;
  for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(vector[i] as number));
  return largest;
}

/** A scale that a peer sent: finite and not negative, or the fault. */
export function readScale(view: DataView, at: number): number | DecodeFault {
  const scale = view.getFloat32(at, true);
  if (scale - scale !== 0) return 'not-finite';
  return scale < 0 ? 'malformed' : scale;
}
