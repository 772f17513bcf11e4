/**
 * Where half of a total weight lies for a running sum in float64. A tie (a sum of exactly half) is an equality, and weights
 * that are decimal fractions reach it with rounding errors: 0.1 + 0.1 + 0.1 is more than half of six times 0.1. A sum within
 * these errors of half counts as half.
 */
export interface HalfWeight {
  /** A running sum above this is at least half. */
  readonly reached: number;
  /** A running sum above this is more than half. */
  readonly exceeded: number;
}

/** Each weight may be off by a few units in its last place, and so may each of n additions. */
const ERROR_PER_WEIGHT = 2 ** -51;

/** `weights` are finite, not negative, and add up to less than 2^1023. */
export function halfOf(weights: Float64Array): HalfWeight {
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  const slack = half * (weights.length + 1) * ERROR_PER_WEIGHT;
  return { reached: half - slack, exceeded: half + slack };
}
