/**
 * Mimic (Karimireddy, He, Jaggi, ICLR 2022): all Byzantine workers copy one honest worker, and so over-weight its data;
 * nothing that they send is out of the ordinary. During the warm-up they estimate, with Oja's rule, the direction z of
 * largest honest variance, afterwards they keep to it; each round they copy whoever is farthest along it. Departure: the
 * paper keeps to one worker after the warm-up, which a sampled cohort may not hold.
 */
import { integer } from '../foundation/schema.ts';
import { defineAttack, OMNISCIENT } from './define-attack.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import { discard, dot, meanOf, plus, scaled, vectorLike, visible } from './statistics.ts';

const DIRECTION = 'mimic.z';
const ROUNDS = 'mimic.rounds';

export const mimic = defineAttack('mimic', {
  sees: 'omniscient',
  sends:
    'a copy of the honest worker farthest along the direction of largest variance, found in `warmUpRounds` (Karimireddy et al. 2022)',
  settings: { warmUpRounds: integer(1).default(100) },
  create: ({ warmUpRounds }) => ({
    ...OMNISCIENT,
    name: 'mimic',
    forge: (view) => {
      const honest = visible(view);
      const { kernels } = view;
      const mean = meanOf(honest, kernels);
      const deviations = honest.map((x) => plus(x, -1, mean, kernels));
      const rounds = (view.memory.get(ROUNDS) as number | undefined) ?? 0;
      let z = view.memory.get(DIRECTION) as Float32Array | undefined;
      z ??= unit(
        view.own.map(() => view.random.nextNormal()),
        kernels,
      );
      if (rounds < warmUpRounds) z = ojaStep(z, deviations, rounds, kernels);
      view.memory.set(DIRECTION, z);
      view.memory.set(ROUNDS, rounds + 1);
      const direction = z;
      const along = deviations.map((x) => dot(direction, x));
      discard(kernels, mean, ...deviations);
      return honest[along.indexOf(Math.max(...along))] as Float32Array;
    },
  }),
});

/** z <- unit(t/(t+1) z + 1/(t+1) sum_i (x_i - mu) <x_i - mu, z>); of the old and the new z one is discarded. */
function ojaStep(
  z: Float32Array,
  deviations: readonly Float32Array[],
  rounds: number,
  kernels: VectorKernels | undefined,
): Float32Array {
  const image = vectorLike(z, kernels).fill(0);
  for (const x of deviations) plus(image, dot(x, z), x, kernels, image);
  const mixed = scaled(z, rounds / (rounds + 1), kernels);
  plus(mixed, 1 / (rounds + 1), image, kernels, mixed);
  const isZero = dot(mixed, mixed) === 0;
  discard(kernels, image, isZero ? mixed : z);
  return isZero ? z : unit(mixed, kernels);
}

/** In place. */
function unit(vector: Float32Array, kernels: VectorKernels | undefined): Float32Array {
  return scaled(vector, 1 / Math.sqrt(dot(vector, vector)), kernels, vector);
}
