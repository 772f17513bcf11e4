/**
 * Min-max and min-sum (Shejwalkar and Houmansadr, NDSS 2021): mu + gamma p with the largest gamma such that the
 * forged vector is no farther from any honest one than the two farthest honest ones are from each other (min-max), or
 * its squared distances sum up to no more than those of the worst honest one (min-sum). p is -sigma, -mu / ||mu|| or
 * -sign(mu). The paper halves intervals; both conditions are quadratic in gamma and are solved exactly here.
 */
import { z } from 'zod';
import type { Attack } from './attack.ts';
import { defineAttack, OMNISCIENT } from './define-attack.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import { discard, dot, meanOf, momentsOf, plus, scaled, squaredDistance, visible } from './statistics.ts';

const PERTURBATIONS = ['deviation', 'unit', 'sign'] as const;
type Perturbation = (typeof PERTURBATIONS)[number];

const settings = { perturbation: z.enum(PERTURBATIONS).default('deviation') };
const WHENCE = `along \`perturbation\` ${PERTURBATIONS.join(', ')} (Shejwalkar and Houmansadr 2021), solved exactly`;

export const minMax = defineAttack('min-max', {
  sees: 'omniscient',
  sends: `the farthest point that is no farther from any honest vector than two of these are from each other, ${WHENCE}`,
  settings,
  create: ({ perturbation }) =>
    distanceBound('min-max', perturbation, (honest, mean, p, kernels) => {
      const widest = Math.max(...distancesAmong(honest).flat());
      const square = dot(p, p);
      return Math.min(
        ...honest.map((x) => {
          const away = plus(mean, -1, x, kernels);
          const along = dot(away, p);
          discard(kernels, away);
          return largestRoot(square, along, squaredDistance(mean, x) - widest);
        }),
      );
    }),
});

export const minSum = defineAttack('min-sum', {
  sees: 'omniscient',
  sends: `the farthest point whose squared distances sum up to no more than an honest vector's, ${WHENCE}`,
  settings,
  create: ({ perturbation }) =>
    distanceBound('min-sum', perturbation, (honest, mean, p) => {
      const sums = distancesAmong(honest).map((row) => row.reduce((sum, distance) => sum + distance, 0));
      const spread = honest.reduce((sum, x) => sum + squaredDistance(mean, x), 0);
      // sum_i ||mu + gamma p - x_i||^2 = spread + n gamma^2 ||p||^2, as the deviations from the mean cancel
      return largestRoot(honest.length * dot(p, p), 0, spread - Math.max(...sums));
    }),
});

/** Squared distances of each to each, in both orders the same. */
function distancesAmong(vectors: readonly Float32Array[]): readonly (readonly number[])[] {
  const rows: number[][] = [];
  vectors.forEach((a, i) => {
    const before = rows.map((row) => row[i] as number);
    rows.push([...before, 0, ...vectors.slice(i + 1).map((b) => squaredDistance(a, b))]);
  });
  return rows;
}

function distanceBound(
  name: string,
  perturbation: Perturbation,
  largest: (
    honest: readonly Float32Array[],
    mean: Float32Array,
    p: Float32Array,
    kernels: VectorKernels | undefined,
  ) => number,
): Attack {
  return {
    ...OMNISCIENT,
    name,
    forge: (view) => {
      const honest = visible(view);
      const { kernels } = view;
      const { mean, p } = lineOf(perturbation, honest, kernels);
      const forged = dot(p, p) === 0 ? mean : plus(mean, largest(honest, mean, p, kernels), p, kernels, mean);
      discard(kernels, p);
      return forged;
    },
  };
}

/** The largest g with a g^2 + 2 b g + c <= 0; 0 where rounding leaves none. */
function largestRoot(a: number, b: number, c: number): number {
  return Math.max(0, (-b + Math.sqrt(Math.max(0, b * b - a * c))) / a);
}

/** The mean and a perturbation p of it. */
function lineOf(
  kind: Perturbation,
  honest: readonly Float32Array[],
  kernels: VectorKernels | undefined,
): { readonly mean: Float32Array; readonly p: Float32Array } {
  if (kind === 'deviation') {
    const { mean, deviation } = momentsOf(honest, kernels);
    return { mean, p: scaled(deviation, -1, kernels, deviation) };
  }
  const mean = meanOf(honest, kernels);
  if (kind === 'sign') return { mean, p: mean.map((value) => -Math.sign(value)) };
  return { mean, p: scaled(mean, -1 / Math.max(Math.sqrt(dot(mean, mean)), Number.MIN_VALUE), kernels) };
}
