/**
 * Comma-separated values (RFC 4180, save that a quoted field may not hold a line break): one column is the label, all
 * others are numbers. The separator is guessed from the first line unless given. Blank lines are no rows, nor are lines
 * that begin with `#` and have another number of columns; Excel's `sep=;` names the separator.
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
  /** Guessed unless given. */
  readonly separator?: string;
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
      .exactOptional(),
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

/** Where the table begins and how it is cut. */
interface Layout {
  /** Lines before the header or the first row. */
  readonly skipped: number;
  readonly separator: string;
  /** The cells of the first line that counts. */
  readonly first: readonly string[];
}

function csvFormat(spec: CsvSpec, train: LineFile): RowFormat {
  const { skipped, separator, first } = layoutOf(spec, train);
  const columns = first.length;
  if (columns < 2 || columns > MOST_COLUMNS) {
    const hint = columns < 2 ? `, cut by ${JSON.stringify(separator)} (data.separator names another)` : '';
    throw train.fault(skipped, `have from 2 to ${MOST_COLUMNS} columns${hint}`, columns);
  }
  const names = spec.header ? first.map((name) => name.trim()) : undefined;
  const label = labelColumn(spec, train, first);
  const width = columns - 1;
  const shape = spec.shape ?? [width];
  if (shape.reduce((product, extent) => product * extent, 1) !== width) {
    throw invalidField('data.shape', `hold the ${width} numbers of a row`, shape);
  }
  if (typeof spec.normalize === 'object' && ![1, width].includes(spec.normalize.mean.length)) {
    throw invalidField('data.normalize', `have 1 or ${width} means`, spec.normalize.mean.length);
  }
  const isFirstRow = (line: number): boolean => line === skipped && !spec.header;
  return {
    width,
    shape,
    headerLines: skipped + (spec.header ? 1 : 0),
    parse: (file, line, target) => {
      const text = file.line(line);
      if (text.trim() === '') return undefined;
      const cells = splitRow(file, line, text, separator);
      if (cells.length !== columns) {
        if (text.startsWith('#')) return undefined;
        throw file.fault(line, `have ${columns} columns, as the first line has`, cells.length);
      }
      const given = cells[label] as string;
      if (given.trim() === '') throw file.fault(line, `have a label in ${nameOf(label, names)}`, given);
      let at = 0;
      cells.forEach((cell, column) => {
        if (column === label) return;
        const value = numberIn(cell);
        if (typeof value === 'string') {
          const header = isFirstRow(line) ? ' (data.header: true if this line names the columns)' : '';
          const hint = value === '' ? header : value;
          throw file.fault(line, `have a number in ${nameOf(column, names)}${hint}`, cell);
        }
        target[at++] = value;
      });
      return canonicalLabel(given);
    },
  };
}

const SEPARATORS = [',', ';', '\t', '|'] as const;
const EXCEL_SEPARATOR = /^sep=(.)$/;

function layoutOf(spec: CsvSpec, train: LineFile): Layout {
  let skipped = 0;
  let separator = spec.separator;
  for (; skipped < train.count; skipped++) {
    const text = train.line(skipped);
    const named = EXCEL_SEPARATOR.exec(text)?.[1];
    if (named !== undefined && skipped === 0) separator ??= named;
    else if (text.trim() !== '' && !(text.startsWith('#') && !spec.header)) break;
  }
  if (skipped === train.count) throw train.fault(0, 'be followed by rows', train.line(0));
  const text = train.line(skipped);
  separator ??= guessSeparator(train, skipped, text);
  return { skipped, separator, first: splitRow(train, skipped, text, separator) };
}

/** The candidate that cuts the line into the most cells; spaces where no other cuts it. */
function guessSeparator(train: LineFile, line: number, text: string): string {
  let best = { separator: text.includes(' ') ? ' ' : ',', cells: 1 };
  for (const separator of SEPARATORS) {
    const cells = text.includes(separator) ? splitRow(train, line, text, separator).length : 1;
    if (cells > best.cells) best = { separator, cells };
  }
  return best.separator;
}

function labelColumn(spec: CsvSpec, train: LineFile, first: readonly string[]): number {
  if (spec.label === 'last') return first.length - 1;
  if (typeof spec.label === 'number') {
    if (spec.label < first.length) return spec.label;
    throw invalidField('data.label', `be below ${first.length}`, spec.label);
  }
  const names = first.map((name) => name.trim());
  const found = names.indexOf(spec.label);
  if (found < 0) {
    const known = names.slice(0, MOST_NAMES_SHOWN).join(', ');
    const more = names.length > MOST_NAMES_SHOWN ? ', ...' : '';
    throw invalidField('data.label', `be a column named in ${train.path} (${known}${more})`, spec.label);
  }
  if (names.includes(spec.label, found + 1)) {
    const rule = `name one column of ${train.path}, but several have this name (a number from 0 tells them apart)`;
    throw invalidField('data.label', rule, spec.label);
  }
  return found;
}

const MOST_NAMES_SHOWN = 10;

function nameOf(column: number, names: readonly string[] | undefined): string {
  return names?.[column] ? `column "${names[column]}"` : `column ${column}`;
}

const HEXADECIMAL = /^[+-]?0[xob]/i;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;

/** The number of a cell in float32's range, or a hint why it is none. */
function numberIn(cell: string): number | string {
  const value = Number(cell);
  if (Number.isFinite(value) && Number.isFinite(Math.fround(value)) && cell.trim() !== '') {
    return HEXADECIMAL.test(cell.trim()) ? ' in decimal digits' : value;
  }
  if (Number.isFinite(value) && cell.trim() !== '') return ' in the range of float32 (up to 3.4e38)';
  const text = cell.trim();
  if (/^(|nan|na|n\/a|null|none|\?|-|#n\/a)$/i.test(text)) {
    return ' (missing values are not filled in: leave such rows out, or fill them)';
  }
  if (DECIMAL_COMMA.test(text)) return ' with a decimal point, not a comma';
  return '';
}

function splitRow(file: LineFile, line: number, text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator);
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) {
          throw file.fault(
            line,
            'close its quotes on the same line (a field may not hold a line break)',
            text,
          );
        }
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
