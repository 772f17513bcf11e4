/** A result file of a reproduction, read back: its rows are the grid's cells, by the name in the first column. */
import { readFileSync } from 'node:fs';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import type { FinishedCell, GridSize, Reproduction } from './reproduction.ts';

const TEXT_COLUMNS = ['digest'];

/** The cells that the file holds, in the grid's order. Throws OperatorError where a row is none of the grid's. */
export function readResults(
  reproduction: Reproduction,
  size: GridSize,
  csv: string,
): { readonly cells: readonly FinishedCell[]; readonly seeds: readonly number[] } {
  const [header = [], ...rows] = parseCsv(csv);
  const known = header.indexOf('seed');
  const seeds = [...new Set(rows.map((row) => Number(row[known])))].sort((a, b) => a - b);
  const byId = new Map(rows.map((row) => [row[0], row]));
  const all = reproduction.cells({ size, seeds });
  const cells = all.flatMap((cell) => {
    const row = byId.get(cell.id);
    if (row === undefined) return [];
    byId.delete(cell.id);
    const fields = Object.fromEntries(header.map((name, i) => [name, row[i] ?? '']));
    const labels = new Set(Object.keys(cell.settings));
    const values = Object.fromEntries(
      Object.entries(fields)
        .filter(([name]) => name !== 'cell' && name !== 'seconds' && !labels.has(name))
        .filter(([name, text]) => !TEXT_COLUMNS.includes(name) && text !== '')
        .map(([name, text]) => [name, Number(text)]),
    );
    const outcome = {
      values,
      curve: [],
      digest: fields['digest'] ?? '',
      seconds: Number(fields['seconds'] ?? 0),
    };
    return [{ ...cell, outcome }];
  });
  const stranger = [...byId.keys()][0];
  if (stranger !== undefined) {
    throw new OperatorError(`${stranger} is no cell of ${reproduction.name}: the file is of another version`);
  }
  return { cells, seeds };
}

export function readResultsFile(
  reproduction: Reproduction,
  size: GridSize,
  path: string,
): ReturnType<typeof readResults> {
  return readResults(reproduction, size, readFileSync(path, 'utf8'));
}

/** Fields are quoted where they hold a comma or a quote; no field of ours holds a line's end. */
export function parseCsv(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
      ),
    );
}
