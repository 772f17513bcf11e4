/**
 * Min-max and min-sum (Shejwalkar and Houmansadr, NDSS 2021): mu + gamma p with the largest gamma such that the
 * forged vector is no farther from any honest one than the two farthest honest ones are from each other (min-max), or
 * its squared distances sum up to no more than those of the worst honest one (min-sum). p is -sigma, -mu / ||mu|| or
 * -sign(mu). The paper halves intervals; both conditions are quadratic in gamma and are solved exactly here.
 */
import { z } from 'zod';
import type { Attack } from './attack.ts';
import { defineAttack, OMNISCIENT } from './define-attack.ts';
import { deviationOf, dot, meanOf, plus, scaled, squaredDistance, visible } from './statistics.ts';

const PERTURBATIONS = ['deviation', 'unit', 'sign'] as const;
type Perturbation = (typeof PERTURBATIONS)[number];

const settings = { perturbation: z.enum(PERTURBATIONS).default('deviation') };
const WHENCE = `along \`perturbation\` ${PERTURBATIONS.join(', ')} (Shejwalkar and Houmansadr 2021), solved exactly`;

export const minMax = defineAttack('min-max', {
  sees: 'omniscient',
  sends: `the farthest point that is no farther from any honest vector than two of these are from each other, ${WHENCE}`,
  settings,
  create: ({ perturbation }) =>
    distanceBound('min-max', perturbation, (honest, mean, p) => {
      let widest = 0;
      for (const a of honest) for (const b of honest) widest = Math.max(widest, squaredDistance(a, b));
      return Math.min(
        ...honest.map((x) =>
          largestRoot(dot(p, p), dot(plus(mean, -1, x), p), squaredDistance(mean, x) - widest),
        ),
      );
    }),
});

export const minSum = defineAttack('min-sum', {
  sees: 'omniscient',
  sends: `the farthest point whose squared distances sum up to no more than an honest vector's, ${WHENCE}`,
  settings,
  create: ({ perturbation }) =>
    distanceBound('min-sum', perturbation, (honest, mean, p) => {
      const sums = honest.map((a) => honest.reduce((sum, b) => sum + squaredDistance(a, b), 0));
      const spread = honest.reduce((sum, x) => sum + squaredDistance(mean, x), 0);
      // sum_i ||mu + gamma p - x_i||^2 = spread + n gamma^2 ||p||^2, as the deviations from the mean cancel
      return largestRoot(honest.length * dot(p, p), 0, spread - Math.max(...sums));
    }),
});

function distanceBound(
  name: string,
  perturbation: Perturbation,
  largest: (honest: readonly Float32Array[], mean: Float32Array, p: Float32Array) => number,
): Attack {
  return {
    ...OMNISCIENT,
    name,
    forge: (view) => {
      const honest = visible(view);
      const mean = meanOf(honest);
      const p = directionOf(perturbation, honest, mean);
      return dot(p, p) === 0 ? mean : plus(mean, largest(honest, mean, p), p);
    },
  };
}

/** The largest g with a g^2 + 2 b g + c <= 0; 0 where rounding leaves none. */
function largestRoot(a: number, b: number, c: number): number {
  return Math.max(0, (-b + Math.sqrt(Math.max(0, b * b - a * c))) / a);
}

function directionOf(kind: Perturbation, honest: readonly Float32Array[], mean: Float32Array): Float32Array {
  switch (kind) {
    case 'deviation':
      return scaled(deviationOf(honest, mean), -1);
    case 'unit':
      return scaled(mean, -1 / Math.max(Math.sqrt(dot(mean, mean)), Number.MIN_VALUE));
    case 'sign':
      return mean.map((value) => -Math.sign(value));
  }
}
