/**
 * Adds what a folder of `synod reproduce` holds to a result file: `npm run docs:results -- NAME DIR...`. A run that was
 * stopped, or of which only some cells were asked for, has its finished cells in DIR/cells; they go into
 * `docs/results/NAME.csv` beside the rows that are there, and in place of those of the same name.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { writeWholeFile } from '../../src/files/whole-file.ts';
import { findReproduction } from './catalogue.ts';
import { finishedCells } from './grid-runner.ts';
import { readResultsFile } from './read-results.ts';
import { resultsCsv } from './report.ts';
import type { FinishedCell } from './reproduction.ts';

const SEED = /seed(\d+)\.json$/;

export interface KeptResults {
  /** Rows that the folders gave, and rows of the file now. */
  readonly added: number;
  readonly total: number;
}

/** `docs`: the folder whose `results` holds the files. Cells of another version of the grid are left out. */
export function keepResults(name: string, folders: readonly string[], docs: string): KeptResults {
  const reproduction = findReproduction(name);
  const path = join(docs, 'results', `${name}.csv`);
  const kept = existsSync(path)
    ? readResultsFile(reproduction, 'standard', path)
    : { cells: [], seeds: [] as readonly number[] };
  const byId = new Map<string, FinishedCell>(kept.cells.map((cell) => [cell.id, cell]));
  const seeds = [...new Set([...kept.seeds, ...folders.flatMap(seedsIn)])].sort((a, b) => a - b);
  const all = reproduction.cells({ size: 'standard', seeds });
  const found = folders.flatMap((folder) => finishedCells(join(folder, 'cells'), all));
  for (const cell of found) byId.set(cell.id, cell);
  const rows = all.flatMap(({ id }) => byId.get(id) ?? []);
  writeWholeFile(path, resultsCsv(rows));
  return { added: new Set(found.map(({ id }) => id)).size, total: rows.length };
}

function seedsIn(folder: string): number[] {
  const cells = join(folder, 'cells');
  if (!existsSync(cells)) {
    throw invalidField('DIR', 'be a folder that `synod reproduce` was given as --out', folder);
  }
  return readdirSync(cells).flatMap((file) => {
    const seed = SEED.exec(file)?.[1];
    return seed === undefined ? [] : [Number(seed)];
  });
}
