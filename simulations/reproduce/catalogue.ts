/** Every reproduction by name. */
import { didYouMean } from '../../src/foundation/nearest-name.ts';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { compression } from './compression.ts';
import { ctmaBase } from './ctma-base.ts';
import { ctmaMnist } from './ctma-mnist.ts';
import { flagCifar10, flagMnist } from './flag.ts';
import { flagFigures } from './flag-figures.ts';
import { flagWidth } from './flag-width.ts';
import { openLab } from './accuracy-grid.ts';
import type { CellRunner, Reproduction } from './reproduction.ts';
import { vrMarinaA9a } from './vr-marina-pp-a9a.ts';
import { vrMarinaCifar10, vrMarinaMnist } from './vr-marina-pp-images.ts';
import { whichRule } from './which-rule.ts';

export const reproductions: readonly Reproduction[] = [
  vrMarinaA9a,
  vrMarinaMnist,
  vrMarinaCifar10,
  ctmaMnist,
  ctmaBase,
  flagMnist,
  flagCifar10,
  flagFigures,
  flagWidth,
  compression,
  whichRule,
];

export function findReproduction(name: string): Reproduction {
  const found = reproductions.find((reproduction) => reproduction.name === name);
  if (found === undefined) {
    const names = reproductions.map((reproduction) => reproduction.name);
    throw invalidField('NAME', `be one of ${names.join(', ')}`, name, didYouMean(name, names));
  }
  return found;
}

/** The runner of cells that are settings of the lab, and of no reproduction. */
export const LAB = 'lab';

export function openRunner(name: string, dataDir: string | undefined): Promise<CellRunner> {
  return name === LAB ? openLab(dataDir) : findReproduction(name).open(dataDir);
}
