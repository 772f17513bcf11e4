/**
 * The geometric median: the point of least (weighted) sum of distances.
 *
 * `iterations` steps of smoothed Weiszfeld: RFA (Pillutla, Kakade, Harchaoui, IEEE TSP 2022, algorithm 2), from zero as
 * its authors begin, or from the medoid, which is an honest input or near one wherever the honest are the majority.
 * `converge`: to the end. With nu = 0 the minimiser itself: first every input is tested for optimality, since there
 * Weiszfeld's iteration is undefined or slow (Vardi and Zhang, PNAS 2000, theorem 2.1); if none is optimal, the iteration
 * starts with their descent step from the best input, below the value of every input, and so never meets one.
 * Where several inputs are optimal (collinear inputs) the mean of those is returned, which is optimal too.
 * Weights as in arXiv 2501.09621: a_i = s_i / sum s.
 */
import { z } from 'zod';
import { defineRule, iterations } from '../define-rule.ts';
import {
  distanceMatrix,
  indexOfAnchor,
  meanOf,
  squaredDistanceBetween,
  squaredDistancesTo,
  timesGram,
  unit,
  weightedMean,
  type Combination,
  type Geometry,
} from '../geometry.ts';
import { leastIndex } from '../order.ts';

/** A step this much shorter than the distance to the nearest input ends the iteration. */
const TOLERANCE = 1e-10;
const MOST_STEPS = 1000;
/** Optimality of an input is an equality for collinear inputs; rounding must not decide it. */
const OPTIMALITY_SLACK = 1 + 1e-9;

const RFA_ITERATIONS = 3;
const RFA_NU = 0.1;

export const geometricMedian = defineRule('geometric-median', {
  source: 'RFA, Pillutla et al., 2022; `converge`: Vardi and Zhang, 2000',
  about: '`iterations` (3) or `converge`, `nu` (0.1; with `converge` 0), `start` zero, medoid (zero)',
  settings: {
    /** `converge`: until the exact (for nu > 0: the smoothed) geometric median. */
    iterations: z.union([iterations, z.literal('converge')]).default(RFA_ITERATIONS),
    nu: z.number().min(0).optional(),
    /** Where the steps begin; left out: at zero, as RFA's authors do; or at the input whose distances add up least. */
    start: z.enum(['zero', 'medoid']).exactOptional(),
  },
  settle: (schema) =>
    schema
      // the smoothing keeps Weiszfeld's division defined; iterated to the end it is not needed
      .refine((spec) => spec.nu !== 0 || spec.iterations === 'converge', {
        path: ['nu'],
        error: 'be above 0 unless iterations is converge',
      })
      // the end of the iteration does not depend on its start, so only one spelling of it is known
      .refine((spec) => spec.start === undefined || spec.iterations !== 'converge', {
        path: ['start'],
        error: 'be left out where iterations is converge',
      })
      .transform((spec) => ({ ...spec, nu: spec.nu ?? (spec.iterations === 'converge' ? 0 : RFA_NU) })),
  weighted: () => true,
  measures: ({ iterations }) => ({ level: 'gram', anchors: iterations === 'converge' ? [] : ['origin'] }),
  combine(geometry, { iterations, nu, start }, { weights }) {
    const shares = weights ?? new Float64Array(geometry.count).fill(1 / geometry.count);
    if (iterations === 'converge') return { combination: converge(geometry, shares, nu) };
    let z = unit(geometry, start === 'medoid' ? medoid(geometry, shares) : indexOfAnchor(geometry, 'origin'));
    for (let t = 0; t < iterations; t++) z = step(geometry, shares, nu, squaredDistancesTo(geometry, z));
    return { combination: z };
  },
});

/** Weiszfeld: the mean under weights a_i / max(nu, d_i). */
function step(geometry: Geometry, shares: Float64Array, nu: number, squared: Float64Array): Combination {
  return weightedMean(
    geometry,
    squared.map((d2, i) => shares[i]! / Math.max(nu, Math.sqrt(d2))),
  );
}

function converge(geometry: Geometry, shares: Float64Array, nu: number): Combination {
  let z = weightedMean(geometry, shares);
  if (nu === 0) {
    const start = optimalInputsOrStart(geometry, shares);
    if (start.optimal) return start.point;
    z = start.point;
  }
  for (let t = 0; t < MOST_STEPS; t++) {
    const squared = squaredDistancesTo(geometry, z);
    const nearest = Math.sqrt(squared[leastIndex(squared)]!);
    if (nearest === 0 && nu === 0) return z; // rounded onto an input
    const next = step(geometry, shares, nu, squared);
    const moved = Math.sqrt(squaredDistanceBetween(geometry, z, next));
    z = next;
    if (moved <= TOLERANCE * Math.max(nu, nearest)) break;
  }
  return z;
}

function optimalInputsOrStart(
  geometry: Geometry,
  shares: Float64Array,
): { readonly optimal: boolean; readonly point: Combination } {
  const { count } = geometry;
  const distances = distanceMatrix(geometry).map(Math.sqrt);
  const optimal: number[] = [];
  for (let j = 0; j < count; j++) {
    const { pull, weightHere } = pullAt(geometry, shares, distances, j);
    if (pull <= weightHere * OPTIMALITY_SLACK) optimal.push(j);
  }
  if (optimal.length > 0) return { optimal: true, point: meanOf(geometry, optimal) };
  const best = leastSum(distances, shares);
  const { pull, weightHere } = pullAt(geometry, shares, distances, best);
  const target = weightedMean(
    geometry,
    shares.map((share, i) => (distances[best * count + i] === 0 ? 0 : share / distances[best * count + i]!)),
  );
  const stay = weightHere / pull;
  const point = target.map((coefficient) => (1 - stay) * coefficient);
  point[best]! += stay;
  return { optimal: false, point };
}

function medoid(geometry: Geometry, shares: Float64Array): number {
  return leastSum(distanceMatrix(geometry).map(Math.sqrt), shares);
}

/** The input whose (weighted) distances to all add up least. */
function leastSum(distances: Float64Array, shares: Float64Array): number {
  const count = shares.length;
  return leastIndex(
    Float64Array.from({ length: count }, (_, j) => {
      let value = 0;
      for (let i = 0; i < count; i++) value += shares[i]! * distances[j * count + i]!;
      return value;
    }),
  );
}

/** The length of sum a_i (x_i - x_j) / d_ij over the inputs elsewhere, and the weight of those at x_j. */
function pullAt(
  geometry: Geometry,
  shares: Float64Array,
  distances: Float64Array,
  j: number,
): { readonly pull: number; readonly weightHere: number } {
  const coefficients = new Float64Array(geometry.size);
  let weightHere = 0;
  let total = 0;
  for (let i = 0; i < geometry.count; i++) {
    const distance = distances[j * geometry.count + i]!;
    if (distance === 0) {
      weightHere += shares[i]!;
    } else {
      coefficients[i] = shares[i]! / distance;
      total += coefficients[i]!;
    }
  }
  coefficients[j] = -total;
  const product = timesGram(geometry, coefficients);
  const squared = coefficients.reduce((sum, c, i) => sum + c * product[i]!, 0);
  return { pull: Math.sqrt(Math.max(0, squared)), weightHere };
}
