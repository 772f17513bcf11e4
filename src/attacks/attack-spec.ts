/** The adversary as an experiment file or a command line names it, parsed, validated and built. */
import { z } from 'zod';
import { integer, named, parseWith, positive } from '../foundation/schema.ts';
import type { Attack } from './attack.ts';
import { aLittleIsEnough } from './a-little-is-enough.ts';
import { searchedAttack } from './line-search.ts';
import { mimic } from './mimic.ts';
import { minMax, minSum } from './min-max.ts';
import {
  constantDirection,
  delayedGradient,
  gaussian,
  innerProductManipulation,
  labelFlipping,
  packetLoss,
  ramp,
  shiftBack,
  signFlipping,
  uniformRandom,
} from './simple-attacks.ts';

const perturbation = z.enum(['deviation', 'unit', 'sign']).default('deviation');
const evaluations = integer(4, 1000).default(16);

/** Every attack's kind, with what it takes; all have defaults. */
const ATTACKS = [
  z.strictObject({
    kind: z.literal('sign-flip'),
    of: z.enum(['own', 'mean']).default('own'),
    scale: positive.default(1),
  }),
  z.strictObject({ kind: z.literal('label-flip') }),
  z.strictObject({ kind: z.literal('gaussian'), deviation: positive.default(1) }),
  z.strictObject({ kind: z.literal('uniform-random'), scale: positive.default(1) }),
  z.strictObject({ kind: z.literal('constant'), value: z.number().default(1) }),
  z.strictObject({ kind: z.literal('delayed'), rounds: integer(1, 10_000).default(10) }),
  z.strictObject({ kind: z.literal('ipm'), epsilon: positive.default(0.1) }),
  z.strictObject({ kind: z.literal('alie'), z: z.number().optional() }),
  z.strictObject({ kind: z.literal('alie-search'), limit: positive.default(8), evaluations }),
  z.strictObject({ kind: z.literal('foe-search'), limit: positive.default(16), evaluations }),
  z.strictObject({ kind: z.literal('mimic'), warmUpRounds: integer(1).default(100) }),
  z.strictObject({ kind: z.literal('min-max'), perturbation }),
  z.strictObject({ kind: z.literal('min-sum'), perturbation }),
  z.strictObject({ kind: z.literal('shift-back'), q: positive.default(1) }),
  z.strictObject({ kind: z.literal('ramp'), rate: positive.default(0.01), limit: positive.default(1) }),
  z.strictObject({ kind: z.literal('packet-loss'), share: positive.max(1).default(0.1) }),
] as const;

export const ATTACK_KINDS = ATTACKS.map(({ shape }) => shape.kind.value);

const ATTACK = named('kind', ATTACKS);

/** `"alie"` or `{ "kind": "ipm", "epsilon": 0.1 }`. */
export function parseAttack(value: unknown, field: string): Attack {
  const spec = parseWith(ATTACK, value, field);
  switch (spec.kind) {
    case 'sign-flip':
      return signFlipping(spec.of, spec.scale);
    case 'label-flip':
      return labelFlipping();
    case 'gaussian':
      return gaussian(spec.deviation);
    case 'uniform-random':
      return uniformRandom(spec.scale);
    case 'constant':
      return constantDirection(spec.value);
    case 'delayed':
      return delayedGradient(spec.rounds);
    case 'ipm':
      return innerProductManipulation(spec.epsilon);
    case 'alie':
      return aLittleIsEnough(spec.z);
    case 'alie-search':
      return searchedAttack('alie', spec);
    case 'foe-search':
      return searchedAttack('foe', spec);
    case 'mimic':
      return mimic(spec.warmUpRounds);
    case 'min-max':
      return minMax(spec.perturbation);
    case 'min-sum':
      return minSum(spec.perturbation);
    case 'shift-back':
      return shiftBack(spec.q);
    case 'ramp':
      return ramp(spec.rate, spec.limit);
    case 'packet-loss':
      return packetLoss(spec.share);
  }
}
