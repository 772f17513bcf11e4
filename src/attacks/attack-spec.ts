/** The adversary as an experiment file or a command line names it, parsed, validated and built. */
import { FieldReader } from '../foundation/field-reader.ts';
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

/** Every attack's kind, with what it takes; all have defaults. */
export const ATTACK_KINDS = [
  'sign-flip',
  'label-flip',
  'gaussian',
  'uniform-random',
  'constant',
  'delayed',
  'ipm',
  'alie',
  'alie-search',
  'foe-search',
  'mimic',
  'min-max',
  'min-sum',
  'shift-back',
  'ramp',
  'packet-loss',
] as const;

/** `"alie"` or `{ "kind": "ipm", "epsilon": 0.1 }`. */
export function parseAttack(value: unknown, field: string): Attack {
  const read = new FieldReader(value, field, { shorthand: 'kind' });
  const attack = readAttack(read.oneOf('kind', ATTACK_KINDS), read);
  read.refuseOthers();
  return attack;
}

function readAttack(kind: (typeof ATTACK_KINDS)[number], read: FieldReader): Attack {
  const positive = (name: string, otherwise: number) => read.number(name, { above: 0, otherwise });
  const perturbation = () => read.oneOf('perturbation', ['deviation', 'unit', 'sign'], 'deviation');
  const search = (limit: number) => ({
    limit: positive('limit', limit),
    evaluations: read.integer('evaluations', { min: 4, max: 1000, otherwise: 16 }),
  });
  switch (kind) {
    case 'sign-flip':
      return signFlipping(read.oneOf('of', ['own', 'mean'], 'own'), positive('scale', 1));
    case 'label-flip':
      return labelFlipping();
    case 'gaussian':
      return gaussian(positive('deviation', 1));
    case 'uniform-random':
      return uniformRandom(positive('scale', 1));
    case 'constant':
      return constantDirection(read.number('value', { otherwise: 1 }));
    case 'delayed':
      return delayedGradient(read.integer('rounds', { min: 1, max: 10_000, otherwise: 10 }));
    case 'ipm':
      return innerProductManipulation(positive('epsilon', 0.1));
    case 'alie':
      return aLittleIsEnough(read.has('z') ? read.number('z') : undefined);
    case 'alie-search':
      return searchedAttack('alie', search(8));
    case 'foe-search':
      return searchedAttack('foe', search(16));
    case 'mimic':
      return mimic(read.integer('warmUpRounds', { min: 1, otherwise: 100 }));
    case 'min-max':
      return minMax(perturbation());
    case 'min-sum':
      return minSum(perturbation());
    case 'shift-back':
      return shiftBack(positive('q', 1));
    case 'ramp':
      return ramp(positive('rate', 0.01), positive('limit', 1));
    case 'packet-loss':
      return packetLoss(read.number('share', { above: 0, max: 1, otherwise: 0.1 }));
  }
}
