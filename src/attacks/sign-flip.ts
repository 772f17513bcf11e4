/** Sign flip: the gradient turned round, so that the model climbs where it should descend. */
import { z } from 'zod';
import { positive } from '../foundation/schema.ts';
import { defineAttack, OMNISCIENT, OWN } from './define-attack.ts';
import { meanOf, scaled, visible } from './statistics.ts';

export const signFlip = defineAttack('sign-flip', {
  sees: 'own; with `of: mean` omniscient',
  sends: 'minus its own vector, or minus the honest mean, times `scale`',
  settings: { of: z.enum(['own', 'mean']).default('own'), scale: positive.default(1) },
  create: ({ of, scale }) => {
    const name = 'sign-flip';
    if (of === 'own') return { ...OWN, name, forge: (view) => scaled(view.own, -scale, view.kernels) };
    return {
      ...OMNISCIENT,
      name,
      forge: (view) => {
        const mean = meanOf(visible(view), view.kernels);
        return scaled(mean, -scale, view.kernels, mean);
      },
    };
  },
});
