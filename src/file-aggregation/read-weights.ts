/** The weights of `synod aggregate`: a .npy vector in the order of the rows, or JSON from the name of a file to its weight. */
import { z } from 'zod';
import { readJson } from '../files/regular-file.ts';
import { readNpyVector } from '../formats/npy.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { parseWith } from '../foundation/schema.ts';

const LARGEST_JSON_BYTES = 2 ** 26;

const BY_NAME = z.record(z.string(), z.number(), { error: 'map the name of each input to its weight' });

/** `names` are those of the rows, where they have any. Values are checked by those who weigh with them. */
export function readWeights(path: string, names: readonly string[] | undefined): Float64Array {
  if (path.endsWith('.npy')) return readNpyVector(path);
  if (!path.endsWith('.json')) {
    throw invalidField(
      'weights',
      'be a .npy vector, or .json from the name of each input to its weight',
      path,
    );
  }
  if (names === undefined) {
    throw invalidField('weights', 'be a .npy vector where the inputs are rows of one matrix', path);
  }
  const byName = new Map(Object.entries(parseWith(BY_NAME, readJson(path, LARGEST_JSON_BYTES), path)));
  const stranger = [...byName.keys()].find((name) => !names.includes(name));
  if (stranger !== undefined) throw invalidField(path, 'name inputs only', stranger);
  const weights = names.map((name) => byName.get(name));
  const missing = names[weights.indexOf(undefined)];
  if (missing !== undefined) throw invalidField(path, 'give every input a weight', `none for ${missing}`);
  return Float64Array.from(weights as number[]);
}
