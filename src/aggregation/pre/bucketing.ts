/**
 * Bucketing (Karimireddy, He, Jaggi, ICLR 2022, algorithm 1): a random permutation is cut into buckets of s inputs (the
 * last may be smaller), and each bucket is averaged. All f Byzantine inputs may be in different buckets, so f stays.
 */
import { SeededRandom, type Seed } from '../../foundation/seeded-random.ts';
import { meanOf, type Combination, type Geometry } from '../geometry.ts';

export function bucketing(geometry: Geometry, s: number, seed: Seed): Combination[] {
  const order = new SeededRandom(seed, 'bucketing').shuffle(
    Array.from({ length: geometry.count }, (_, i) => i),
  );
  return Array.from({ length: Math.ceil(order.length / s) }, (_, bucket) =>
    meanOf(geometry, order.slice(bucket * s, (bucket + 1) * s)),
  );
}
