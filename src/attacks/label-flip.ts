/** Label flip: a poisoned data set instead of a forged vector; the gradient oracle does the flipping. */
import { defineAttack, OWN } from './define-attack.ts';

export const labelFlip = defineAttack('label-flip', {
  sees: 'own',
  sends: 'honest arithmetic on labels classes - 1 - y',
  create: () => ({
    ...OWN,
    name: 'label-flip',
    poison: { kind: 'reversed-labels' },
    forge: (view) => view.own,
  }),
});
