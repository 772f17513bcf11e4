/** Every pre-aggregator. A new one is a file of its own and a line here. */
import { named } from '../foundation/schema.ts';
import { arc } from './pre/arc.ts';
import { bucketing } from './pre/bucketing.ts';
import { clip } from './pre/clip.ts';
import { nnm } from './pre/nnm.ts';

export const ALL_PRE_AGGREGATORS = [nnm, bucketing, clip, arc] as const;

const [first, ...others] = ALL_PRE_AGGREGATORS.map(({ schema }) => schema);

export const PRE_AGGREGATOR = named('name', [first!, ...others]);
