/**
 * CTMA, the centred trimmed meta-aggregator (Dahan and Levy, ICML 2024, arXiv 2405.14759, algorithm 2): with x_0 the base
 * rule's aggregate, the mean of the n - f inputs nearest to x_0. If the base is (c, delta)-robust, the result is
 * (60 delta (1 + c), delta)-robust. The weighted form (NeurIPS 2024, arXiv 2501.09621, algorithm 1) keeps the nearest
 * inputs whose weights add up to (1 - trim) of the whole, of the last one only the part that fits.
 * This file knows the trimming; the base runs in pipeline-run.ts, which has its coordinates or its coefficients.
 */
import { z } from 'zod';
import { BASE_RULE } from '../base-rules.ts';
import { defineRule, type Trimming } from '../define-rule.ts';
import { leastIndices } from '../order.ts';

export const ctma = defineRule('ctma', {
  source: 'Dahan and Levy, ICML 2024',
  needs: "n > 2f, and the base's",
  about: '`base`, `trim` (f/n)',
  settings: {
    base: BASE_RULE,
    /** Share of the inputs' weight that is cut off. */
    trim: z.number().min(0).lt(0.5).exactOptional(),
  },
  trim: ({ trim }, distances, { f, weights }) => trimByDistance(distances, f, trim, weights),
});

const ROUNDING_PER_INPUT = 2 ** -51;

/** Trims by distance. Without weights and `trim`, f whole inputs are cut. */
function trimByDistance(
  distances: ArrayLike<number>,
  f: number,
  trim: number | undefined,
  weights: Float64Array | undefined,
): Trimming {
  const n = distances.length;
  const shares = new Float64Array(n);
  if (trim === undefined && weights === undefined) {
    const kept = leastIndices(distances, n - f);
    for (const i of kept) shares[i] = 1 / kept.length;
    return { shares, kept };
  }
  const total = weights === undefined ? n : weights.reduce((sum, weight) => sum + weight, 0);
  const limit = total - (trim === undefined ? (f * total) / n : trim * total);
  // what rounding leaves over is no part of an input
  const none = total * n * ROUNDING_PER_INPUT;
  const kept: number[] = [];
  let left = limit;
  for (const i of leastIndices(distances, n)) {
    if (!(left > none)) break;
    const weight = Math.min(left, weights?.[i] ?? 1);
    if (weight > 0) kept.push(i);
    shares[i] = weight / limit;
    left -= weight;
  }
  return { shares, kept };
}
