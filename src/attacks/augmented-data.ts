/** Training images that were bent: the augmented data of arXiv 2302.05865, Figure 7; the gradient oracle does the bending. */
import { z } from 'zod';
import { positive } from '../foundation/schema.ts';
import { defineAttack, OWN } from './define-attack.ts';

/** The longest of the times that the authors' script lists. */
const AUTHORS_TIME = 0.01;
const LONGEST_TIME = 0.1;

export const augmentedData = defineAttack('augmented-data', {
  sees: 'own',
  sends:
    'honest arithmetic on images bent by `map` (lotka-volterra for up to `time`, cat-map, mixed or none) with Gaussian ' +
    'noise of up to `deviation`: Figure 7 of arXiv 2302.05865',
  settings: {
    map: z.enum(['lotka-volterra', 'cat-map', 'mixed', 'none']).default('mixed'),
    time: positive.max(LONGEST_TIME).default(AUTHORS_TIME),
    deviation: z.number().min(0).max(10).default(0.1),
  },
  create: (settings) => ({
    ...OWN,
    name: `augmented-data(${settings.map})`,
    poison: {
      kind: 'augmented-images',
      map: settings.map,
      time: settings.time,
      deviation: settings.deviation,
    },
    forge: (view) => view.own,
  }),
});
