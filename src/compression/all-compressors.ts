/** Every compressor. A new one is a file of its own and a line here, or in dense-compressors.ts. */
import { named } from '../foundation/schema.ts';
import { dctTopK } from './dct-top-k.ts';
import { DENSE_COMPRESSORS } from './dense-compressors.ts';
import { powerSgd } from './power-sgd.ts';
import { randK } from './rand-k.ts';
import { topK } from './top-k.ts';

export const ALL_COMPRESSORS = [...DENSE_COMPRESSORS, randK, topK, dctTopK, powerSgd] as const;

export type CompressorSpec = (typeof ALL_COMPRESSORS)[number]['schema']['_output'];

const [first, ...others] = ALL_COMPRESSORS.map(({ schema }) => schema);

export const COMPRESSOR = named('kind', [first!, ...others]);
