/**
 * Comma-separated values (RFC 4180, save that a quoted field may not hold a line break): one column is the label, all
 * others are numbers.
 */
import { z } from 'zod';
import { invalidField } from '../../foundation/operator-error.ts';
import { integer, positive } from '../../foundation/schema.ts';
import type { Dataset } from '../dataset.ts';
import type { LineFile } from './line-file.ts';
import { openTable, type ColumnNormalization, type RowFormat } from './table-dataset.ts';
import { canonicalLabel, TABLE, type TableSpec } from './table-spec.ts';

export interface CsvSpec extends TableSpec {
  readonly name: 'csv';
  /** The label's column: a name from the header line, a number from 0, or `last`. */
  readonly label: string | number;
  /** Whether the first line names the columns; it does where `label` is a name. */
  readonly header: boolean;
  readonly separator: string;
  /** What a row's numbers are cut into, row-major; [columns - 1] unless given. */
  readonly shape?: readonly number[];
  readonly normalize: ColumnNormalization;
}

const MOST_COLUMNS = 2 ** 20;

const isNamed = ({ label }: { readonly label: string | number }) =>
  typeof label === 'string' && label !== 'last';

const columnNormalization = z.union(
  [
    z.literal(['columns', false]),
    z
      .strictObject({ mean: z.array(z.number()).min(1), sd: z.array(positive).min(1) })
      .refine(({ mean, sd }) => mean.length === sd.length),
  ],
  { error: 'be columns, false, or { mean, sd } with as many positive deviations as means' },
);

export const CSV_SPEC = z
  .strictObject({
    name: z.literal('csv'),
    ...TABLE,
    label: z
      .union([z.string().min(1), integer(0)], {
        error: 'be a column name, a column number from 0 or last',
      })
      .default('last'),
    header: z.boolean().optional(),
    separator: z
      .string()
      .refine((text) => text.length === 1 && text !== '"', { error: 'be one character other than "' })
      .default(','),
    shape: z.array(integer(1)).exactOptional(),
    normalize: columnNormalization.default('columns'),
  })
  .transform((spec) => ({ ...spec, header: spec.header ?? isNamed(spec) }))
  .refine((spec) => spec.header || !isNamed(spec), {
    path: ['header'],
    error: 'be true where label is a name',
  });

export function openCsv(spec: CsvSpec, dir: string, split: 'train' | 'test'): Promise<Dataset> {
  return openTable({
    spec,
    dir,
    split,
    normalize: spec.normalize,
    formatOf: (train) => csvFormat(spec, train),
  });
}

function csvFormat(spec: CsvSpec, train: LineFile): RowFormat {
  const first = splitRow(train, 0, spec.separator);
  const columns = first.length;
  if (columns < 2 || columns > MOST_COLUMNS) {
    throw train.fault(0, `have from 2 to ${MOST_COLUMNS} columns`, columns);
  }
  const label = labelColumn(spec, train, first);
  const width = columns - 1;
  const shape = spec.shape ?? [width];
  if (shape.reduce((product, extent) => product * extent, 1) !== width) {
    throw invalidField('data.shape', `hold the ${width} numbers of a row`, shape);
  }
  if (typeof spec.normalize === 'object' && ![1, width].includes(spec.normalize.mean.length)) {
    throw invalidField('data.normalize', `have 1 or ${width} means`, spec.normalize.mean.length);
  }
  return {
    width,
    shape,
    headerLines: spec.header ? 1 : 0,
    parse: (file, line, target) => {
      const cells = splitRow(file, line, spec.separator);
      if (cells.length !== columns) throw file.fault(line, `have ${columns} columns`, cells.length);
      let at = 0;
      cells.forEach((cell, column) => {
        if (column !== label) target[at++] = toNumber(file, line, column, cell);
      });
      return canonicalLabel(cells[label] as string);
    },
  };
}

function labelColumn(spec: CsvSpec, train: LineFile, first: readonly string[]): number {
  if (spec.label === 'last') return first.length - 1;
  const column = typeof spec.label === 'number' ? spec.label : first.indexOf(spec.label);
  if (column >= 0 && column < first.length) return column;
  const rule =
    typeof spec.label === 'number' ? `be below ${first.length}` : `be a column named in ${train.path}`;
  throw invalidField('data.label', rule, spec.label);
}

function toNumber(file: LineFile, line: number, column: number, cell: string): number {
  const value = Number(cell);
  if (cell.trim() === '' || !Number.isFinite(value)) {
    const hint = line === 0 ? ' (data.header: true if this line names the columns)' : '';
    throw file.fault(line, `have a number in column ${column}${hint}`, cell);
  }
  return value;
}

function splitRow(file: LineFile, line: number, separator: string): string[] {
  const text = file.line(line);
  if (!text.includes('"')) return text.split(separator);
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) throw file.fault(line, 'close its quotes on the same line', text);
        if (text[at] === '"') at++;
        cell += text[at] as string;
      }
      at++;
      if (at < text.length && text[at] !== separator) {
        throw file.fault(line, 'have a separator after a quoted field', text);
      }
    } else {
      const end = text.indexOf(separator, at);
      cell = text.slice(at, end < 0 ? text.length : end);
      at += cell.length;
    }
    cells.push(cell);
    at++;
  }
  return cells;
}
