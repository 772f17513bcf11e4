/** Every attack that an experiment, a command line or a sweep can name. A new one is a file of its own and a line here. */
import { named } from '../foundation/schema.ts';
import { aLittleIsEnough } from './a-little-is-enough.ts';
import { augmentedData } from './augmented-data.ts';
import { delayed } from './delayed.ts';
import { innerProductManipulation } from './inner-product-manipulation.ts';
import { labelFlip } from './label-flip.ts';
import { alieSearch, foeSearch } from './line-search.ts';
import { mimic } from './mimic.ts';
import { minMax, minSum } from './min-max.ts';
import { constant, gaussian, uniformRandom } from './noise.ts';
import { packetLoss } from './packet-loss.ts';
import { ramp } from './ramp.ts';
import { shiftBack } from './shift-back.ts';
import { signFlip } from './sign-flip.ts';

export const ALL_ATTACKS = [
  signFlip,
  labelFlip,
  augmentedData,
  gaussian,
  uniformRandom,
  constant,
  delayed,
  innerProductManipulation,
  aLittleIsEnough,
  alieSearch,
  foeSearch,
  mimic,
  minMax,
  minSum,
  shiftBack,
  ramp,
  packetLoss,
] as const;

const [first, ...others] = ALL_ATTACKS.map(({ schema }) => schema);

export const ATTACK = named('kind', [first!, ...others]);
