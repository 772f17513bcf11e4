/** Vectors that have nothing to do with any data: noise of two kinds, and one fixed direction. */
import { z } from 'zod';
import { positive } from '../foundation/schema.ts';
import { defineAttack, OWN } from './define-attack.ts';

export const gaussian = defineAttack('gaussian', {
  sees: 'own',
  sends: 'N(0, `deviation`²) in every coordinate',
  settings: { deviation: positive.default(1) },
  create: ({ deviation }) => ({
    ...OWN,
    name: 'gaussian',
    forge: ({ own, random }) => own.map(() => deviation * random.nextNormal()),
  }),
});

export const uniformRandom = defineAttack('uniform-random', {
  sees: 'own',
  sends: 'U[0, `scale`) in every coordinate: the "random" of arXiv 2302.05865',
  settings: { scale: positive.default(1) },
  create: ({ scale }) => ({
    ...OWN,
    name: 'uniform-random',
    forge: ({ own, random }) => own.map(() => scale * random.next()),
  }),
});

export const constant = defineAttack('constant', {
  sees: 'own',
  sends: '`value` in every coordinate, in every round',
  settings: { value: z.number().default(1) },
  create: ({ value }) => ({
    ...OWN,
    name: 'constant',
    collusive: true,
    forge: ({ own }) => new Float32Array(own.length).fill(value),
  }),
});
