/**
 * Shift-back (arXiv 2311.14127): pulls the model back to its start in the rounds in which that works, and looks honest in
 * all others, so that nothing gives it away.
 */
import { positive } from '../foundation/schema.ts';
import { defineAttack, OMNISCIENT } from './define-attack.ts';
import { meanOf, visible } from './statistics.ts';

export const shiftBack = defineAttack('shift-back', {
  sees: 'omniscient',
  sends:
    '`q` (x^k - x^0) where the Byzantine are a strict majority of the cohort, else the honest mean (arXiv 2311.14127)',
  settings: { q: positive.default(1) },
  create: ({ q }) => ({
    ...OMNISCIENT,
    name: 'shift-back',
    readsStart: true,
    forge: (view) => {
      if (2 * view.f <= view.n) return meanOf(visible(view), view.kernels);
      return view.parameters.map((value, i) => q * (value - (view.initialParameters[i] as number)));
    },
  }),
});
