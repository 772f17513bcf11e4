/**
 * A little is enough (Baruch, Baruch, Goldberg, NeurIPS 2019): mu - z sigma, as far from the mean as still hides among
 * the honest. z = Phi^-1((n - f - s) / (n - f)) with s = floor(n / 2 + 1) - f, the paper's count of the honest workers
 * that must be outbid; z(17, 8) = 1.2206, z(20, 5) = 0.2533.
 */
import { z } from 'zod';
import { defineAttack, OMNISCIENT } from './define-attack.ts';
import { normalQuantile } from './normal-quantile.ts';
import { discard, momentsOf, plus, visible } from './statistics.ts';

export const aLittleIsEnough = defineAttack('alie', {
  sees: 'omniscient',
  sends: 'mean - `z` sigma, z from n and f unless given (Baruch et al. 2019)',
  settings: { z: z.number().optional() },
  create: ({ z: given }) => ({
    ...OMNISCIENT,
    name: given === undefined ? 'alie' : `alie(${given})`,
    forge: (view) => {
      const { kernels } = view;
      const { mean, deviation } = momentsOf(visible(view), kernels);
      const forged = plus(mean, -(given ?? alieZ(view.n, view.f)), deviation, kernels, mean);
      discard(kernels, deviation);
      return forged;
    },
  }),
});

/** 0 where the formula has no finite answer (nobody to outbid, or nobody honest). */
export function alieZ(n: number, f: number): number {
  const supporters = Math.floor(n / 2 + 1) - f;
  const z = normalQuantile((n - f - supporters) / (n - f));
  return Number.isFinite(z) ? z : 0;
}
