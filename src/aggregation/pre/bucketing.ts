/**
 * Bucketing (Karimireddy, He, Jaggi, ICLR 2022, algorithm 1): a random permutation is cut into buckets of s inputs (the
 * last may be smaller), and each bucket is averaged. All f Byzantine inputs may be in different buckets, so f stays.
 */
import { z } from 'zod';
import { present } from '../../foundation/assert.ts';
import { integer } from '../../foundation/schema.ts';
import { SeededRandom, type Seed } from '../../foundation/seeded-random.ts';
import { definePreAggregator } from '../define-pre-aggregator.ts';
import { meanOf, type Combination, type Geometry } from '../geometry.ts';

export const bucketing = definePreAggregator('bucketing', {
  source: 'Karimireddy et al., ICLR 2022',
  does: 'means of buckets of s after a seeded permutation; the rule then sees ceil(n/s) inputs and still f',
  about: '`s` (2), `seed`',
  settings: {
    s: integer(1).default(2),
    /** Serves where the caller of `aggregate` gives none (the command); peers use the beacon's. */
    seed: z.union([z.string(), z.number()]).exactOptional(),
  },
  mixes: true,
  measures: { level: 'nothing' },
  leaves: ({ s }, n) => ({ count: Math.ceil(n / s), by: `s = ${s}` }),
  mix: (geometry, spec, { seed }) =>
    buckets(geometry, spec.s, present(seed ?? spec.seed, 'seed of bucketing')),
});

function buckets(geometry: Geometry, s: number, seed: Seed): Combination[] {
  const order = new SeededRandom(seed, 'bucketing').shuffle(
    Array.from({ length: geometry.count }, (_, i) => i),
  );
  return Array.from({ length: Math.ceil(order.length / s) }, (_, bucket) =>
    meanOf(geometry, order.slice(bucket * s, (bucket + 1) * s)),
  );
}
