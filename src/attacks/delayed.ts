/** A stale gradient: honest once, for a model that has moved on since. */
import { integer } from '../foundation/schema.ts';
import { defineAttack, OWN } from './define-attack.ts';

const PAST = 'delayed.past';

export const delayed = defineAttack('delayed', {
  sees: 'own',
  sends: 'its own vector of `rounds` rounds ago (its oldest, until there are so many)',
  settings: { rounds: integer(1, 10_000).default(10) },
  create: ({ rounds }) => ({
    ...OWN,
    name: `delayed(${rounds})`,
    forge: ({ own, memory }) => {
      const past = (memory.get(PAST) as Float32Array[] | undefined) ?? [];
      past.push(own.slice());
      if (past.length > rounds + 1) past.shift();
      memory.set(PAST, past);
      return past[0] as Float32Array;
    },
  }),
});
