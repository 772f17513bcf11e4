/** Every reproduction by name. */
import { invalidField } from '../../src/foundation/operator-error.ts';
import type { Reproduction } from './reproduction.ts';
import { vrMarinaA9a } from './vr-marina-pp-a9a.ts';

export const reproductions: readonly Reproduction[] = [vrMarinaA9a];

export function findReproduction(name: string): Reproduction {
  const found = reproductions.find((reproduction) => reproduction.name === name);
  if (found === undefined) {
    throw invalidField('name', `be one of ${reproductions.map((r) => r.name).join(', ')}`, name);
  }
  return found;
}
